using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// Connects to a gateway as a user, with cursors. Throws <see cref="WebSocketException"/> if the gateway refuses the
/// connection.
/// </summary>
internal delegate Task<JsonClient> Connect(int gateway, string user, params (string Room, long Seq, string Epoch)[] cursors);

/// <summary>
/// A client that follows docs/protocol.md. It retries a send with the same id until the answer is <c>ok</c>. If the
/// connection ends, or an answer takes too long, the client resumes at another gateway with its cursors. If the old
/// gateway sent a <c>bye</c>, the client first waits as long as the <c>bye</c> says.
/// </summary>
/// <param name="patience">
/// How long the client waits for an answer. The limit is necessary because a paused gateway keeps its connections open,
/// but sends no answers.
/// </param>
internal sealed class Member(string name, string[] rooms, int[] gateways, int first, Connect connect, TimeSpan patience) : IAsyncDisposable
{
    // The client makes 8 sends per second. Limits:SendsPerSecond allows 10, so 2 per second remain for retries.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(125);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, string> _epochs = [];
    private readonly Dictionary<string, List<JsonObject>> _before = rooms.ToDictionary(room => room, _ => new List<JsonObject>());
    private JsonClient? _client;
    private int _at = first;
    private int _sent;

    /// <summary>The sends that got <c>ok</c>, with their sequences.</summary>
    public ConcurrentDictionary<(string Room, string Text), long> Answered { get; } = [];

    /// <summary>The time of each send from its first attempt to its <c>ok</c>.</summary>
    public ConcurrentBag<TimeSpan> Waits { get; } = [];

    /// <summary>The delays of the events on the current connection: see <see cref="JsonClient.Lateness"/>.</summary>
    public IEnumerable<long> Lateness => _client?.Lateness ?? [];

    /// <summary>The codes of all <c>err</c> answers that had the field <c>retry</c>.</summary>
    public ConcurrentBag<string> Refusals { get; } = [];

    /// <summary>The number of connections so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Connects for the first time, and joins all rooms.</summary>
    public async Task EnterAsync()
    {
        await ConnectAsync();
        foreach (var room in rooms)
        {
            var joined = await _client!.JoinAsync(room, after: 0);
            _epochs[room] = (string)joined["epoch"]!;
        }
    }

    /// <summary>
    /// Sends to the rooms in turn until the token is cancelled. When this method returns, every send has its <c>ok</c>.
    /// </summary>
    public async Task TalkAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var number = ++_sent;
            await SayAsync(rooms[number % rooms.Length], string.Create(CultureInfo.InvariantCulture, $"{name} {number}"));
            await Task.Delay(Pace, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>
    /// Waits until this member has received the events of a room up to a sequence. Returns all events of the room that
    /// the member received on all its connections, in the order of their arrival.
    /// </summary>
    public async Task<IReadOnlyList<JsonObject>> SeenAsync(string room, long upTo)
    {
        for (var began = Stopwatch.GetTimestamp(); Cursor(room) < upTo; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < MaxWait, $"{name} waited {MaxWait.TotalSeconds} s for event {upTo} of {room}, and got events up to {Cursor(room)}.");
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
            Assert.True(Stopwatch.GetElapsedTime(began) < MaxWait, $"{name} retried a send to {room} for {MaxWait.TotalSeconds} s: {string.Join(", ", Refusals)}");
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
            catch (WebSocketException) when (Stopwatch.GetElapsedTime(began) < MaxWait)
            {
                // The gateway has ended, or is stopping.
            }

            _at++;
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Ends a connection and keeps its events.</summary>
    private async Task LeaveAsync(JsonClient client)
    {
        await client.DisposeAsync();
        foreach (var room in rooms)
        {
            _before[room].AddRange(client.EventsOf(room));
        }

        _client = null;
    }

    /// <summary>
    /// Waits until a <c>joined</c> has arrived for each of the rooms in the cursors. Returns false if an <c>err</c>
    /// arrives or the connection ends first.
    /// </summary>
    private static async Task<bool> ResumedAsync(JsonClient client, int roomCount)
    {
        var answered = 0;
        for (var next = 0; answered < roomCount; next++)
        {
            var at = next;
            var frame = await client.FrameAsync("an answer to each cursor", _ => true, at);
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
