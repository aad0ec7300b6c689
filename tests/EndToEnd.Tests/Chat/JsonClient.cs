using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// A client in JSON mode, written from docs/protocol.md alone. The client shares no code with the gateway or an SDK, so
/// it cannot repeat their mistakes. It keeps all frames in the order of their arrival.
/// </summary>
internal sealed class JsonClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WelcomeWithin = TimeSpan.FromSeconds(15);
    private readonly ClientWebSocket _socket = new();
    private readonly List<JsonObject> _frames = [];
    private readonly List<DateTimeOffset> _came = [];
    private readonly Dictionary<string, TaskCompletionSource<JsonObject>> _asked = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _receiving = Task.CompletedTask;
    private int _commands;

    /// <summary>
    /// Before each read, the client awaits this function, which returns how many bytes the client may read. If the
    /// function is null, the client reads at full speed.
    /// </summary>
    private Func<Task<int>>? _pace;

    /// <summary>The fields of <c>hello</c> that ask for the list of conversations.</summary>
    private (int Conversations, string? Since)? _asksForList;
    private HttpMessageInvoker? _http;

    private JsonClient(string user) => User = user;

    public string User { get; }

    /// <summary>Completes when the connection has ended.</summary>
    public Task Ended => _receiving;

    /// <summary>
    /// The time from each event's <c>ts</c> to the event's arrival, in milliseconds. The client and the silo use the
    /// same clock.
    /// </summary>
    public ConcurrentBag<long> Lateness { get; } = [];

    /// <summary>All frames that have arrived so far.</summary>
    public IReadOnlyList<JsonObject> Frames
    {
        get
        {
            lock (_gate)
            {
                return [.. _frames];
            }
        }
    }

    /// <summary>Connects and sends <c>hello</c> with the cursors.</summary>
    public static Task<JsonClient> ConnectAsync(int port, string user, params (string Room, long Seq, string Epoch)[] cursors) =>
        ConnectAsync(new(user), new($"ws://127.0.0.1:{port}/ws?user={Uri.EscapeDataString(user)}"), null, cursors);

    /// <summary>Connects, and asks for the list of conversations in <c>hello</c>.</summary>
    /// <param name="since">The cursor of an earlier list; null for the whole list.</param>
    public static Task<JsonClient> ConnectListingAsync(int port, string user, int conversations, string? since = null) =>
        ConnectAsync(new(user) { _asksForList = (conversations, since) }, new($"ws://127.0.0.1:{port}/ws?user={Uri.EscapeDataString(user)}"), null, []);

    /// <summary>Connects with a token in <c>hello</c>, as browsers do.</summary>
    public static Task<JsonClient> ConnectByTokenAsync(int port, string user, string token, params (string Room, long Seq, string Epoch)[] cursors) =>
        ConnectAsync(new(user), new($"ws://127.0.0.1:{port}/ws"), token, cursors);

    /// <summary>Connects with a token in a header of the request, as programs other than browsers do.</summary>
    public static Task<JsonClient> ConnectWithTokenAsync(int port, string user, string token, params (string Room, long Seq, string Epoch)[] cursors)
    {
        var client = new JsonClient(user);
        client._socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        return ConnectAsync(client, new($"ws://127.0.0.1:{port}/ws"), null, cursors);
    }

    /// <summary>
    /// Connects as a slow reader with a small receive buffer. Before each read, the client awaits <paramref
    /// name="pace"/>, which returns how many bytes the client may read.
    /// </summary>
    public static Task<JsonClient> ConnectSlowlyAsync(int port, string user, Func<Task<int>> pace)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancelled) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096 };
                await socket.ConnectAsync(context.DnsEndPoint, cancelled);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var client = new JsonClient(user) { _pace = pace, _http = new(handler) };
        return ConnectAsync(client, new($"ws://127.0.0.1:{port}/ws?user={Uri.EscapeDataString(user)}"), null, []);
    }

    private static async Task<JsonClient> ConnectAsync(
        JsonClient client, Uri address, string? helloToken, (string Room, long Seq, string Epoch)[] cursors)
    {
        client._socket.Options.AddSubProtocol("orleanschat.v1.json");
        using var within = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        within.CancelAfter(WelcomeWithin);
        try
        {
            await client._socket.ConnectAsync(address, client._http, within.Token);
            client._receiving = client.ReceiveAsync();
            var rooms = new JsonObject(cursors.Select(cursor =>
                KeyValuePair.Create(cursor.Room, (JsonNode?)new JsonObject { ["seq"] = cursor.Seq, ["epoch"] = cursor.Epoch })));
            await client.SayAsync(new JsonObject { ["t"] = "hello", ["id"] = "hello", ["token"] = helloToken, ["rooms"] = rooms, ["conversations"] = client._asksForList?.Conversations, ["since"] = client._asksForList?.Since });
            var first = await client.FrameAsync("welcome", frame => (string?)frame["t"] is "welcome" or "closed").WaitAsync(within.Token);
            if ((string?)first["t"] == "closed")
            {
                throw new WebSocketException($"{client.User} got no welcome: {string.Join(' ', client.Frames.Select(frame => frame.ToJsonString()))}");
            }

            Assert.Equal(client.User, (string?)first["user"]);
            return client;
        }
        catch (Exception exception)
        {
            await client.DisposeAsync();
            throw exception is OperationCanceledException && !TestContext.Current.CancellationToken.IsCancellationRequested
                ? new WebSocketException($"{client.User} got no welcome within {WelcomeWithin.TotalSeconds} s.", exception)
                : exception;
        }
    }

    /// <summary>Joins a room and returns the <c>joined</c> frame.</summary>
    public async Task<JsonObject> JoinAsync(string room, long? after = null, int? last = null)
    {
        var command = Command("join");
        command["room"] = room;
        if (after is not null)
        {
            command["after"] = after;
        }

        if (last is not null)
        {
            command["last"] = last;
        }

        return await AskAsync(command, "joined");
    }

    /// <summary>Sends a message and returns the <c>ok</c> frame.</summary>
    public Task<JsonObject> SendAsync(string room, string text, string? id = null)
    {
        var command = Command("send");
        command["id"] = id ?? (string)command["id"]!;
        command["room"] = room;
        command["text"] = text;
        return AskAsync(command, "ok");
    }

    /// <summary>Sends a command and returns the answer, which must be of type <paramref name="answer"/>.</summary>
    public async Task<JsonObject> AskAsync(JsonObject command, string answer)
    {
        var frame = await AskAsync(command);
        Assert.True((string?)frame["t"] == answer, $"{User} sent {command.ToJsonString()} and got {frame.ToJsonString()}");
        return frame;
    }

    /// <summary>Sends a command and returns the answer with the same id.</summary>
    public async Task<JsonObject> AskAsync(JsonObject command)
    {
        var answered = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _asked[(string)command["id"]!] = answered;
        }

        await SayAsync(command);
        await Task.WhenAny(answered.Task, Task.Delay(Patience, TestContext.Current.CancellationToken));
        Assert.True(answered.Task.IsCompleted, $"{User} waited {Patience.TotalSeconds} s for the answer to {command.ToJsonString()}");
        return await answered.Task;
    }

    /// <summary>
    /// Sends a command and returns the answer with the same id. Returns null if the connection ends or the timeout
    /// passes first.
    /// </summary>
    public async Task<JsonObject?> TryAskAsync(JsonObject command, TimeSpan within)
    {
        var answered = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _asked[(string)command["id"]!] = answered;
        }

        try
        {
            await SayAsync(command).WaitAsync(within, TestContext.Current.CancellationToken);
            await Task.WhenAny(answered.Task, Ended, Task.Delay(within, TestContext.Current.CancellationToken));
        }
        catch (Exception exception) when (
            exception is WebSocketException or ObjectDisposedException or InvalidOperationException or TimeoutException
            || (exception is OperationCanceledException && !TestContext.Current.CancellationToken.IsCancellationRequested))
        {
            // The connection has ended, or the timeout has passed.
        }

        return answered.Task.IsCompleted ? await answered.Task : null;
    }

    /// <summary>Creates a command with a new id.</summary>
    public JsonObject Command(string type) => new()
    {
        ["t"] = type,
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"{User}-{Guid.NewGuid():N}-{Interlocked.Increment(ref _commands)}"),
    };

    /// <summary>Sends a command and does not wait for an answer.</summary>
    public Task SayAsync(JsonObject command) => _socket.SendAsync(
        Encoding.UTF8.GetBytes(command.ToJsonString()), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

    /// <summary>
    /// Returns the first frame for which <paramref name="fits"/> returns true. The search begins at index <paramref
    /// name="from"/>. If no such frame has arrived yet, waits up to 30 s.
    /// </summary>
    /// <param name="what">A name for the frame, which the error message contains if the frame does not arrive.</param>
    public async Task<JsonObject> FrameAsync(string what, Func<JsonObject, bool> fits, int from = 0)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        for (var next = from; ; next++)
        {
            JsonObject? frame = null;
            while (frame is null)
            {
                Task more;
                lock (_gate)
                {
                    frame = next < _frames.Count ? _frames[next] : null;
                    more = _more.Task;
                }

                if (frame is null)
                {
                    await Task.WhenAny(more, Task.Delay(Timeout.Infinite, patience.Token));
                    Assert.False(patience.IsCancellationRequested, $"{User} waited {Patience.TotalSeconds} s for {what}; the last of {Frames.Count} frames: {(Frames is [.., var last] ? last.ToJsonString() : "none")}");
                }
            }

            if (fits(frame))
            {
                return frame;
            }
        }
    }

    /// <summary>
    /// Waits until an event of the room with the sequence <paramref name="upTo"/> or a higher one has arrived. Returns
    /// all events of the room that have arrived so far.
    /// </summary>
    public async Task<IReadOnlyList<JsonObject>> EventsAsync(string room, long upTo)
    {
        await FrameAsync($"event {upTo} of {room}", frame => IsEvent(frame, room) && (long)frame["seq"]! >= upTo);
        return EventsOf(room);
    }

    /// <summary>Returns the events of the room that have arrived so far.</summary>
    public IReadOnlyList<JsonObject> EventsOf(string room) => [.. Frames.Where(frame => IsEvent(frame, room))];

    /// <summary>
    /// Returns the longest time from the <c>ts</c> of an event of this room to the event's arrival. The client and the
    /// silo use the same clock.
    /// </summary>
    public TimeSpan LatestOf(string room)
    {
        lock (_gate)
        {
            return _frames.Zip(_came)
                .Where(frame => IsEvent(frame.First, room))
                .Max(frame => frame.Second - DateTimeOffset.FromUnixTimeMilliseconds((long)frame.First["ts"]!));
        }
    }

    private static bool IsEvent(JsonObject frame, string room) => (string?)frame["t"] == "ev" && (string?)frame["room"] == room;

    private async Task ReceiveAsync()
    {
        var frame = new ArrayBufferWriter<byte>();
        try
        {
            while (true)
            {
                var most = _pace is null ? 16 * 1024 : await _pace();
                var part = await _socket.ReceiveAsync(frame.GetMemory(most)[..most], CancellationToken.None);
                frame.Advance(part.Count);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                if (!part.EndOfMessage)
                {
                    continue;
                }

                foreach (var line in Encoding.UTF8.GetString(frame.WrittenSpan).Split('\n'))
                {
                    Keep(JsonNode.Parse(line)!.AsObject());
                }

                frame.ResetWrittenCount();
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection has ended. The next statement records this as a frame of type closed.
        }

        Keep(new JsonObject { ["t"] = "closed", ["code"] = (int?)_socket.CloseStatus });
    }

    private void Keep(JsonObject frame)
    {
        if ((string?)frame["t"] == "ev")
        {
            Lateness.Add(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - (long)frame["ts"]!);
        }

        TaskCompletionSource more;
        lock (_gate)
        {
            _frames.Add(frame);
            _came.Add(DateTimeOffset.UtcNow);
            if ((string?)frame["id"] is { } id && (string?)frame["t"] != "ev" && _asked.Remove(id, out var answered))
            {
                answered.SetResult(frame);
            }

            (more, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.SetResult();
    }

    /// <summary>Ends the connection without a close frame.</summary>
    public void Abort() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _receiving;
        _socket.Dispose();
        _http?.Dispose();
    }
}
