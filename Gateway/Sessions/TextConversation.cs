using System.Text;
using OrleansChat.Protocol;
using OrleansChat.Protocol.Text;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Text mode: a frame is a line that somebody typed, and what comes back are lines to read. The session below is the same as in JSON
/// mode; its client ids are made here.
/// </summary>
/// <param name="mayTurnJson">True where no subprotocol was chosen: a first frame that is a hello turns the connection to JSON for good.</param>
internal sealed class TextConversation(
    SessionWire wire, SessionPorts ports, IdentityResult who, TextSettings settings, bool mayTurnJson, Func<string?, IdentityResult> ofToken)
    : IConversation
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Session _session = NewSession(who.User!, wire, ports, settings);
    private JsonConversation? _json;
    private string? _speaksIn = settings.Room;
    private bool _first = true;
    private int _sent;

    /// <inheritdoc/>
    public async Task StartAsync()
    {
        try
        {
            if (await _session.StartAsync(device: null))
            {
                await _session.HandleAsync(new Hello(null, null, null, []));
                await _session.HandleAsync(new Join(null, settings.Room, settings.After, null, settings.After is null ? TextHelp.DefaultLast : null, null));
            }
        }
        finally
        {
            _started.SetResult();
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, bool binary)
    {
        await _started.Task;
        if (_json is null && _first && mayTurnJson && !binary && CommandReader.LooksLikeHello(frame.Span))
        {
            await TurnJsonAsync();
        }

        _first = false;
        if (_json is not null)
        {
            await _json.ReceiveAsync(frame, binary);
        }
        else if (TextCommandReader.Read(frame.Span, ports.Limits) is { } command && (command is Say or Me or Whisper || await _session.AdmitsAsync(null)))
        {
            await HandleAsync(command);
        }
    }

    /// <inheritdoc/>
    public Task SettleAsync(CancellationToken cancellationToken) =>
        _json?.SettleAsync(cancellationToken) ?? _session.SettleAsync(cancellationToken);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Farewell(CloseCode code, string reason, int? after = null) =>
        _json?.Farewell(code, reason, after) ?? new TextFormat(who.User!, settings.Room, settings).Encode(new Bye(code, after, reason), own: false);

    /// <inheritdoc/>
    public async Task CloseAsync()
    {
        await _session.CloseAsync();
        if (_json is not null)
        {
            await _json.CloseAsync();
        }
    }

    private async Task TurnJsonAsync()
    {
        await _session.CloseAsync();
        _json = new JsonConversation(wire, ports, who, ofToken);
        await _json.StartAsync();
    }

    private ValueTask HandleAsync(TextCommand command)
    {
        switch (command)
        {
            case Say say:
                return SendAsync(_speaksIn, say.Text, null);
            case Me me:
                return SendAsync(_speaksIn, me.Text, TextMeta.Me);
            case Whisper whisper:
                return SendAsync("@" + whisper.User, whisper.Text, null);
            case JoinRoom join:
                _speaksIn = join.Room;
                return _session.HandleAsync(new Join(null, join.Room, null, null, TextHelp.DefaultLast, null));
            case LeaveRoom leave:
                return LeaveAsync(leave.Room ?? _speaksIn);
            case ListRooms:
                Write(TextLineWriter.Rooms(_session.Rooms));
                break;
            case WhoIsHere:
                return InRoom(room => new Who(null, room));
            case Last last:
                return InRoom(room => new History(null, room, null, null, null, last.Count));
            case Nick nick:
                return RenameAsync(nick.Name);
            case Help:
                Write(string.Join('\n', TextHelp.Lines));
                break;
            case Quit:
                _session.End(CloseCode.Normal, "goodbye");
                break;
            case Unknown unknown:
                Write(TextLineWriter.Error(unknown));
                break;
            case Mistyped mistyped:
                Write(TextLineWriter.Error(mistyped));
                break;
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask SendAsync(string? room, string text, string? meta)
    {
        var clientId = $"{_session.Id}-{++_sent}";
        return room is null
            ? NoRoom()
            : _session.HandleAsync(new Send(clientId, room, EventKind.Msg, text, null, null, meta));
    }

    private async ValueTask LeaveAsync(string? room)
    {
        if (room is null)
        {
            await NoRoom();
            return;
        }

        await _session.HandleAsync(new Leave(null, room, KeepMembership: true));
        if (room == _speaksIn)
        {
            _speaksIn = _session.Rooms.Count > 0 ? _session.Rooms[0] : null;
        }

        Write(TextLineWriter.Rooms(_session.Rooms));
    }

    private async ValueTask RenameAsync(string name)
    {
        if (!who.IsGuest)
        {
            _session.Answer(new Err(null, ErrorCode.Forbidden, "/nick is for guests, and you have a name", null));
            return;
        }

        var rooms = await _session.CloseAsync();
        _session = NewSession(name, wire, ports, settings);
        if (await _session.StartAsync(device: null))
        {
            await _session.HandleAsync(new Hello(null, null, null, []));
            foreach (var (room, after) in rooms)
            {
                // What was said in private to the old name stays with it.
                if (RoomReference.User(room) is null)
                {
                    await _session.HandleAsync(new Join(null, room, after, null, after is null ? TextHelp.DefaultLast : null, null));
                }
            }
        }
    }

    private ValueTask InRoom(Func<string, ClientCommand> command) => _speaksIn is null ? NoRoom() : _session.HandleAsync(command(_speaksIn));

    private ValueTask NoRoom()
    {
        _session.Answer(new Err(null, ErrorCode.NotMember, "you are in no room, /join lobby enters one", null));
        return ValueTask.CompletedTask;
    }

    private void Write(string line)
    {
        if (!settings.Raw)
        {
            wire.Outbox.Answer(Encoding.UTF8.GetBytes(line));
        }
    }

    private static Session NewSession(string user, SessionWire wire, SessionPorts ports, TextSettings settings) =>
        new(Guid.NewGuid().ToString("N"), user, new TextFormat(user, settings.Room, settings), wire, ports);
}
