using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.Chat;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// Somebody who behaves as the protocol's page asks: sends again with the same id until it is answered, and when the connection ends, comes back
/// to another gateway with cursors.
/// </summary>
internal sealed class Member(string name, string[] rooms, int[] gateways, int first) : IAsyncDisposable
{
    // Under Limits:SendsPerSecond, 10, with some to spare for repetitions.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(125);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, string> _epochs = [];
    private readonly Dictionary<string, List<JsonObject>> _before = rooms.ToDictionary(room => room, _ => new List<JsonObject>());
    private JsonClient? _client;
    private int _at = first;
    private int _sent;

    /// <summary>What was answered with <c>ok</c>: the text, and the sequence that it got.</summary>
    public ConcurrentDictionary<(string Room, string Text), long> Answered { get; } = [];

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

    /// <summary>Sends to one room after the other until it is told to stop.</summary>
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
        if (Cursor(room) < upTo)
        {
            await _client!.EventsAsync(room, upTo);
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
        while (true)
        {
            var answer = await AskAsync(room, text, id);
            switch ((string?)answer?["t"])
            {
                case "ok":
                    Answered[(room, text)] = (long)answer!["seq"]!;
                    return;
                case "err" when answer!["code"]!.ToString() is "unavailable" or "timeout" or "rate_limited":
                    await Task.Delay(TimeSpan.FromMilliseconds((int?)answer["retry"] ?? 1000), TestContext.Current.CancellationToken);
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

    /// <summary>The answer, or null where the connection ended before it.</summary>
    private async Task<JsonObject?> AskAsync(string room, string text, string id)
    {
        var asked = _client!.AskAsync(new JsonObject { ["t"] = "send", ["id"] = id, ["room"] = room, ["text"] = text });
        await Task.WhenAny(asked, _client.Ended);
        try
        {
            return asked.IsCompleted ? await asked : null;
        }
        catch (Exception gone) when (gone is WebSocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    private async Task ComeBackAsync()
    {
        await _client!.DisposeAsync();
        foreach (var room in rooms)
        {
            _before[room].AddRange(_client.EventsOf(room));
        }

        _client = null;
        _at++;
        await ConnectAsync();
    }

    private async Task ConnectAsync()
    {
        while (true)
        {
            try
            {
                var cursors = _epochs.Select(room => (room.Key, Cursor(room.Key), room.Value)).ToArray();
                _client = await Access.ConnectAsync(gateways[_at % gateways.Length], name, cursors);
                Connections++;
                return;
            }
            catch (WebSocketException)
            {
                _at++; // It is gone, or going: the next one.
                await Task.Delay(Pause, TestContext.Current.CancellationToken);
            }
        }
    }

    private IReadOnlyList<JsonObject> Seen(string room) => [.. _before[room], .. _client?.EventsOf(room) ?? []];

    private long Cursor(string room) => Seen(room) is [.., var last] ? (long)last["seq"]! : 0;
}
