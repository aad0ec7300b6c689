using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// A user with one connection at a time. When the connection ends, for whatever reason, the client connects to the next
/// gateway and resumes its rooms with its cursors. Everything that the client receives is recorded.
/// </summary>
internal abstract partial class Client
{
    private static readonly TimeSpan Tending = TimeSpan.FromMilliseconds(250);
    private static readonly long PingAfter = Clock.Of(TimeSpan.FromSeconds(2));
    private static readonly long GiveUpAfter = Clock.Of(TimeSpan.FromSeconds(6));
    private static readonly long JoinsWithin = Clock.Of(TimeSpan.FromSeconds(25));
    private static readonly long JoinAgain = Clock.Of(TimeSpan.FromMilliseconds(500));
    private const int MaxBye = 5000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, TaskCompletionSource<Answer?>> _asked = [];
    private readonly Gateways _gateways;
    private readonly Dictionary<string, RoomView> _byName;
    private volatile ChatSocket? _socket;
    private int _gateway;
    private int _questions;
    private long _receivedAt;
    private int _byeAfter;

    /// <param name="user">The number of the user. A user may have further clients, which then record no presence.</param>
    protected Client(int user, IEnumerable<int> rooms, int firstGateway, Gateways gateways, Recorder recorder, int seed, int from = 0)
    {
        (_gateways, _gateway, Recorder, Random) = (gateways, firstGateway % gateways.Addresses.Count, recorder, new Random(seed));
        User = user;
        Name = recorder.NameOf(User);
        Views = [.. rooms.Select(room => new RoomView(room, recorder.Rooms[room], recorder.IsGroup(room), recorder.AddStream(User, room, from)))];
        _byName = Views.ToDictionary(view => view.Name);
        _list = new(recorder.Rooms);
    }

    public int User { get; }

    public string Name { get; }

    public IReadOnlyList<RoomView> Views { get; }

    protected Recorder Recorder { get; }

    protected Random Random { get; }

    protected Clock Clock => Recorder.Clock;

    /// <summary>
    /// Whether the client's connections are the only ones of its user. Only then do they show when the user is present.
    /// </summary>
    protected virtual bool IsOnlyClient => true;

    /// <summary>The number of the gateway that the client is connected to or tries next.</summary>
    protected int Gateway => _gateway;

    /// <summary>Aborts the connection without a close frame, as a network failure does.</summary>
    public void Cut() => _socket?.Cut();

    /// <summary>
    /// Connects, and reconnects whenever the connection ends, until <paramref name="stop"/> is cancelled.
    /// </summary>
    public async Task ListenAsync(CancellationToken stop)
    {
        using var ending = stop.Register(Cut);
        long goneAt = -1;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var socket = await _gateways.TryConnectAsync(Recorder.AddConnection(), _gateway, Name, stop);
                if (socket is not null)
                {
                    if (goneAt >= 0 && IsOnlyClient)
                    {
                        Recorder.Saw(new Absence(User, goneAt, Clock.Now));
                    }

                    await TalkOverAsync(socket, stop);
                    goneAt = Clock.Now;
                }

                _gateway = (_gateway + 1) % _gateways.Addresses.Count;
                await PauseAsync(socket is not null, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                if (goneAt >= 0 && IsOnlyClient)
                {
                    Recorder.Saw(new Absence(User, goneAt, long.MaxValue));
                }
            }
        }
    }

    /// <summary>
    /// Sends a command and waits for its answer. Returns null if the client is not connected or no answer arrives.
    /// </summary>
    /// <param name="fields">The JSON fields after <c>t</c> and <c>id</c>.</param>
    protected async Task<Answer?> AskAsync(string type, string fields, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_socket is not { } socket)
        {
            return null;
        }

        var id = string.Create(CultureInfo.InvariantCulture, $"q{Interlocked.Increment(ref _questions)}");
        var answer = Expect(id);
        await socket.SayAsync($$"""{"t":"{{type}}","id":"{{id}}",{{fields}}}""");
        return await AnsweredAsync(id, answer, patience, cancellationToken);
    }

    /// <summary>
    /// Registers the id of a command. Call this method before you send the command. The task completes with the answer,
    /// or with null if the connection ends.
    /// </summary>
    protected Task<Answer?> Expect(string id)
    {
        var answer = new TaskCompletionSource<Answer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _asked[id] = answer;
        }

        return answer.Task;
    }

    /// <summary>
    /// Waits up to <paramref name="patience"/> for the answer. Returns null if the answer does not arrive in this time,
    /// or if the connection ends.
    /// </summary>
    protected async Task<Answer?> AnsweredAsync(string id, Task<Answer?> answer, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.WaitAsync(patience, Clock.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            lock (_lock)
            {
                _asked.Remove(id);
            }
        }
    }

    /// <summary>Waits before the next connection.</summary>
    /// <param name="wasConnected">True if a connection has just ended; false if connecting failed.</param>
    protected virtual Task PauseAsync(bool wasConnected, CancellationToken stop)
    {
        var pause = wasConnected && _byeAfter > 0 ? _byeAfter : Random.Next(50, 400);
        _byeAfter = 0;
        return Task.Delay(TimeSpan.FromMilliseconds(pause), Clock.Time, stop);
    }

    /// <summary>Called for each event that arrives.</summary>
    protected virtual void Came(long now)
    {
    }

    private async Task TalkOverAsync(ChatSocket socket, CancellationToken stop)
    {
        _receivedAt = Clock.Now;
        _socket = socket;
        if (stop.IsCancellationRequested)
        {
            socket.Cut();
        }

        Recorder.Figures.Connected();
        foreach (var view in Views)
        {
            view.JoinAt = view.Epoch is null ? 0 : Clock.Now + JoinsWithin;
        }

        await socket.SayAsync(Hello());
        using var ended = new CancellationTokenSource();
        var tending = TendAsync(socket, ended.Token);
        await socket.HearAsync(line => Hear(socket, line));

        await ended.CancelAsync();
        await tending;
        _socket = null;
        End();
    }

    private void End()
    {
        var now = Clock.Now;
        foreach (var view in Views.Where(view => view.EnteredAt > 0 && IsOnlyClient))
        {
            Recorder.Saw(new Stay(User, view.Room, _gateway, view.EnteredAt, now));
        }

        foreach (var view in Views)
        {
            view.Leave();
        }

        TaskCompletionSource<Answer?>[] open;
        lock (_lock)
        {
            open = [.. _asked.Values];
            _asked.Clear();
        }

        Array.ForEach(open, one => one.TrySetResult(null));
    }

    private string Hello()
    {
        var cursors = Views.Where(view => view.Epoch is not null)
            .Select(view => $$"""{{Quoted(view.Name)}}:{"seq":{{view.Cursor}},"epoch":{{Quoted(view.Epoch!)}}}""").ToArray();
        for (var at = 0; at < cursors.Length; at++)
        {
            Recorder.Figures.Resumed();
        }

        return $$"""{"t":"hello","id":"hello","rooms":{ {{string.Join(',', cursors)}} } }""";
    }

    /// <summary>
    /// Runs every 250 ms while a connection lasts. Joins the rooms whose <see cref="RoomView.JoinAt"/> has passed.
    /// Pings the server if nothing arrived for 2 s, and cuts the connection if nothing arrived for 6 s.
    /// </summary>
    private async Task TendAsync(ChatSocket socket, CancellationToken ended)
    {
        try
        {
            var pingedAt = Clock.Now;
            for (; ; await Task.Delay(Tending, Clock.Time, ended))
            {
                var now = Clock.Now;
                var silent = now - Volatile.Read(ref _receivedAt);
                if (silent > GiveUpAfter)
                {
                    socket.Cut();
                    return;
                }

                if (silent > PingAfter && now - pingedAt > PingAfter)
                {
                    pingedAt = now;
                    await socket.SayAsync("""{"t":"ping"}""");
                }

                var joins = new StringBuilder();
                foreach (var view in Views.Where(view => view.EnteredAt == 0 && view.JoinAt <= now))
                {
                    view.JoinAt = now + JoinsWithin;
                    var epoch = view.Epoch is null ? "" : $",\"epoch\":{Quoted(view.Epoch)}";
                    joins.Append(CultureInfo.InvariantCulture, $$"""{"t":"join","id":"j{{view.Room}}","room":{{Quoted(view.Name)}},"kind":"{{(view.IsGroup ? "group" : "channel")}}","after":{{view.Cursor}}{{epoch}}}""").Append('\n');
                }

                if (joins.Length > 0)
                {
                    await socket.SayAsync(joins.ToString());
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
    }

    private void Hear(ChatSocket socket, ReadOnlyMemory<byte> line)
    {
        var now = Clock.Now;
        Volatile.Write(ref _receivedAt, now);
        using var read = JsonDocument.Parse(line);
        var said = read.RootElement;
        var type = said.GetProperty("t").GetString()!;
        switch (type)
        {
            case "ev" when RoomOf(said) is { EnteredAt: > 0 } view:
                var entry = Recorder.Read(said);
                view.Event(entry.Seq, entry.Send);
                Recorder.Came(User, view.Room, entry, view.EnteredAt, now);
                Came(now);
                break;
            case "gap" when RoomOf(said) is { } view:
                view.Gap(said.GetProperty("from").GetInt32(), said.GetProperty("to").GetInt32());
                Recorder.Figures.Gap();
                break;
            case "joined" when RoomOf(said) is { } view:
                Recorder.Saw(ListReading.ReadJoined(said, User, view.Room));
                Enter(socket, view, said, now);
                break;
            case "err" when RoomOf(said) is { EnteredAt: 0 } view && !said.TryGetProperty("id", out _):
                view.JoinAt = now + JoinAgain; // The server refused a cursor in hello.
                break;
            case "err" when said.TryGetProperty("id", out var id) && id.GetString() is ['j', .. var room]:
                Views.First(view => view.Room == int.Parse(room, CultureInfo.InvariantCulture)).JoinAt = now + JoinAgain;
                break;
            case "bye":
                _byeAfter = said.TryGetProperty("after", out var after) ? Math.Min(after.GetInt32(), MaxBye) : 0;
                break;
            case "ok" or "err" or "page" or "who" or "conversations" when said.TryGetProperty("id", out var id):
                Answered(id.GetString()!, Answer.Read(said, Recorder.Read, list => ListReading.Read(list, User, Recorder)));
                break;
        }
    }

    private static void Enter(ChatSocket socket, RoomView view, JsonElement joined, long now)
    {
        var (after, isReset) = (joined.GetProperty("after").GetInt32(), Json.IsTrue(joined, "reset"));

        // If the server refused the cursor in hello, the next event of a group makes the server add the connection to
        // the group. Delivery then starts at that event. So the client joins again, with its cursor.
        if (view.IsGroup && !joined.TryGetProperty("id", out _) && after > view.Cursor && !isReset)
        {
            view.JoinAt = now;
            return;
        }

        view.Enter(socket, joined.GetProperty("epoch").GetString()!, after, isReset, Json.TextOf(joined, "role") is "owner", now);
    }

    private void Answered(string id, Answer answer)
    {
        // Record the ok even if no caller waits for it any more: a late ok also promises that the send is in the log.
        if (answer.Type is "ok" && answer.Seq > 0 && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var send))
        {
            Recorder.Acked(send, answer.Seq);
        }

        lock (_lock)
        {
            if (_asked.Remove(id, out var asked))
            {
                asked.TrySetResult(answer);
            }
        }
    }

    private RoomView? RoomOf(JsonElement said) => said.TryGetProperty("room", out var room) ? _byName.GetValueOrDefault(room.GetString()!) : null;

    protected static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
