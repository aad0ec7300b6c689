using BenchmarkDotNet.Attributes;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;

namespace OrleansChat.Micro;

/// <summary>
/// Measures the delivery of a batch from the gateway stream to every member's connection. This includes the sequence
/// check, the encoding, the send queues, and taking the frames from the queues as the writers do.
/// </summary>
public class FeedBenchmark
{
    private readonly WriteBatch _gathering = new();
    private ConnectionSendQueue[] _outboxes = [];
    private RoomFeed? _feed;
    private int _events;
    private long _seq;

    public static IEnumerable<Shape> Shapes => from members in (int[])[10, 1000] from events in (int[])[1, 64] select new Shape(members * events, $"{events} × {members} members");

    [ParamsSource(nameof(Shapes))]
    public Shape Of { get; set; }

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var words = Of.Text.Split(' ');
        (_events, var members) = (int.Parse(words[0]), int.Parse(words[2]));
        _feed = new(
            static (_, _) => throw new InvalidOperationException("The benchmark has no gap that would need the log."), static _ => { }, new(), new(new Meters()), TimeProvider.System);
        _outboxes = [.. Enumerable.Range(0, members).Select(member => Live(_feed, $"member-{member}"))];
        await _feed.OpenAsync(0, default);
    }

    [Benchmark(Description = "feed: deliveries")]
    public void Deliver()
    {
        // Without a gap, DeliverAsync completes synchronously.
        _ = _feed!.DeliverAsync(new(Room.Name, 1, Room.After(_seq, _events)));
        _seq += _events;
        foreach (var sendQueue in _outboxes)
        {
            while (_gathering.TryFill(sendQueue, 16 * 1024))
            {
                _gathering.Clear();
            }
        }
    }

    /// <summary>
    /// Adds a live subscription and returns its send queue. The session of the subscription only receives, so the
    /// session needs no cluster.
    /// </summary>
    private static ConnectionSendQueue Live(RoomFeed feed, string user)
    {
        var time = TimeProvider.System;
        var sendQueue = new ConnectionSendQueue(256 * 1024, 256 * 1024, static () => { });
        var wire = new SessionConnection(sendQueue, new(0, 1, time), static (_, _, _) => { }, new(time, TimeSpan.Zero, static (_, _) => { }), CancellationToken.None);
        var ports = new SessionServices(null!, null!, null!, new(), new(), new(new Meters()), TimeSpan.FromSeconds(25), time);
        var session = new Session(Guid.NewGuid().ToString("N"), user, JsonFormat.Instance, wire, ports);
        var subscription = new Subscription(session, Room.Name, new(JsonFormat.Instance, Room.Name, user));
        subscription.StartAfter(0, 0);
        subscription.TryGoLive(0);
        feed.Add(subscription);
        return sendQueue;
    }
}
