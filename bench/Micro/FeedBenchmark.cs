using BenchmarkDotNet.Attributes;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;

namespace OrleansChat.Micro;

/// <summary>A batch from the inbox, until every member's writer has it: sequence check, encoding, hand-over, and what a writer takes out again.</summary>
public class FeedBenchmark
{
    private readonly Gathering _gathering = new();
    private Outbox[] _outboxes = [];
    private Feed? _feed;
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
            Room.Name, static (_, _) => throw new InvalidOperationException("There is no hole."), static _ => { }, new(), new(new Meters()), TimeProvider.System);
        _outboxes = [.. Enumerable.Range(0, members).Select(member => Live(_feed, $"member-{member}"))];
        await _feed.OpenAsync(0, default);
    }

    [Benchmark(Description = "feed: deliveries")]
    public void Deliver()
    {
        // It is whole: the task is a completed one.
        _ = _feed!.DeliverAsync(new(Room.Name, 1, Room.After(_seq, _events)));
        _seq += _events;
        foreach (var outbox in _outboxes)
        {
            while (_gathering.TryGather(outbox, 16 * 1024))
            {
                _gathering.Clear();
            }
        }
    }

    /// <summary>A session that is only told things asks nobody anything.</summary>
    private static Outbox Live(Feed feed, string user)
    {
        var time = TimeProvider.System;
        var outbox = new Outbox(256 * 1024, 256 * 1024, static () => { });
        var wire = new SessionWire(outbox, new(0, 1, time), static (_, _) => { }, new(time, TimeSpan.Zero, static (_, _) => { }), CancellationToken.None);
        var ports = new SessionPorts(null!, null!, new(), new(), new(), new(), new(new Meters()), 25_000, time);
        var session = new Session(Guid.NewGuid().ToString("N"), user, JsonFormat.Instance, wire, ports);
        var subscription = new Subscription(session, Room.Name, new(JsonFormat.Instance, Room.Name, user)) { State = SubscriptionState.Live };
        subscription.StartAfter(0, 0);
        feed.Add(subscription);
        return outbox;
    }
}
