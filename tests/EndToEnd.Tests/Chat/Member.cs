using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>Comes to a gateway as a user, with cursors; throws <see cref="WebSocketException"/> where it is not let in.</summary>
internal delegate Task<JsonClient> Connect(int gateway, string user, params (string Room, long Seq, string Epoch)[] cursors);

/// <summary>
/// Somebody who behaves as the protocol's page asks: sends again with the same id until it is answered, and when the connection ends, or says
/// nothing for long, comes back with cursors to another gateway, after as long as it was told.
/// </summary>
/// <param name="patience">How long an answer may take: a gateway that stands still says nothing, and its connections stay open.</param>
internal sealed class Member(string name, string[] rooms, int[] gateways, int first, Connect connect, TimeSpan patience) : IAsyncDisposable
{
    // Under Limits:SendsPerSecond, 10, with some to spare for repetitions.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(125);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, string> _epochs = [];
    private readonly Dictionary<string, List<JsonObject>> _before = rooms.ToDictionary(room => room, _ => new List<JsonObject>());
    private JsonClient? _client;
    private int _at = first;
    private int _sent;

    /// <summary>What was answered with <c>ok</c>: the text, and the sequence that it got.</summary>
    public ConcurrentDictionary<(string Room, string Text), long> Answered { get; } = [];

    /// <summary>How long each of them took, from the first try to the <c>ok</c>.</summary>
    public ConcurrentBag<TimeSpan> Waits { get; } = [];

    /// <summary>How late events came on the connection that it has now, in milliseconds.</summary>
    public IEnumerable<long> Lateness => _client?.Lateness ?? [];

    /// <summary>The codes of the errors that it was told to try again after.</summary>
    public ConcurrentBag<string> Refusals { get; } = [];

    /// <summary>How often it came to a gateway.</summary>
    public int Connections { get; private set; }

    /// <summary>Comes for the first time.</summary>
    public async Task EnterAsync()
    {
        await ConnectAsync();
        foreach (var room in rooms)
        {
            var joined = await _client!.JoinAsync(room, after: 0);
            _epochs[room] = (string)joined["epoch"]!;
        }
    }

    /// <summary>Sends to one room after the other until it is told to stop. What was sent then has been answered.</summary>
    public async Task TalkAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var number = ++_sent;
            await SayAsync(rooms[number % rooms.Length], string.Create(CultureInfo.InvariantCulture, $"{name} {number}"));
            await Task.Delay(Pace, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until it has seen a room up to a sequence, and returns every event of it that came, on whatever connection, in the order of coming.</summary>
    public async Task<IReadOnlyList<JsonObject>> SeenAsync(string room, long upTo)
    {
        for (var began = Stopwatch.GetTimestamp(); Cursor(room) < upTo; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Longest, $"{name} waited {Longest.TotalSeconds} s for event {upTo} of {room}, and has got {Cursor(room)}.");
            if (_client!.Ended.IsCompleted)
            {
                await ComeBackAsync();
            }
        }

        return Seen(room);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }
    }

    private async Task SayAsync(string room, string text)
    {
        var id = Guid.NewGuid().ToString("N");
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Longest, $"{name} sent to {room} for {Longest.TotalSeconds} s: {string.Join(", ", Refusals)}");
            var answer = await _client!.TryAskAsync(new JsonObject { ["t"] = "send", ["id"] = id, ["room"] = room, ["text"] = text }, patience);
            switch ((string?)answer?["t"])
            {
                case "ok":
                    Answered[(room, text)] = (long)answer!["seq"]!;
                    Waits.Add(Stopwatch.GetElapsedTime(began));
                    return;
                case "err" when (int?)answer!["retry"] is { } retry:
                    Refusals.Add((string)answer["code"]!);
                    await Task.Delay(TimeSpan.FromMilliseconds(retry), TestContext.Current.CancellationToken);
                    break;
                case null:
                    await ComeBackAsync();
                    break;
                default:
                    Assert.Fail($"{name} sent to {room} and got {answer!.ToJsonString()}");
                    break;
            }
        }
    }

    private async Task ComeBackAsync()
    {
        var after = _client!.Frames.LastOrDefault(frame => (string?)frame["t"] == "bye")?["after"];
        await LeaveAsync(_client);
        _at++;
        await Task.Delay((int?)after ?? 0, TestContext.Current.CancellationToken);
        await ConnectAsync();
    }

    private async Task ConnectAsync()
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                var cursors = _epochs.Select(room => (room.Key, Cursor(room.Key), room.Value)).ToArray();
                _client = await connect(gateways[_at % gateways.Length], name, cursors);
                if (await ResumedAsync(_client, cursors.Length))
                {
                    Connections++;
                    return;
                }

                await LeaveAsync(_client);
            }
            catch (WebSocketException) when (Stopwatch.GetElapsedTime(began) < Longest)
            {
                // It is gone, or going.
            }

            _at++;
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What it has seen there stays.</summary>
    private async Task LeaveAsync(JsonClient client)
    {
        await client.DisposeAsync();
        foreach (var room in rooms)
        {
            _before[room].AddRange(client.EventsOf(room));
        }

        _client = null;
    }

    /// <summary>Whether every room of the cursors was entered; a room that could not be says so, or the connection ends.</summary>
    private static async Task<bool> ResumedAsync(JsonClient client, int roomCount)
    {
        var answered = 0;
        for (var next = 0; answered < roomCount; next++)
        {
            var at = next;
            var frame = await client.FrameAsync("the rooms of its cursors", _ => true, at);
            if ((string?)frame["t"] is "closed" or "err")
            {
                return false;
            }

            answered += (string?)frame["t"] == "joined" ? 1 : 0;
        }

        return true;
    }

    private IReadOnlyList<JsonObject> Seen(string room) => [.. _before[room], .. _client?.EventsOf(room) ?? []];

    private long Cursor(string room) => Seen(room) is [.., var last] ? (long)last["seq"]! : 0;
}
