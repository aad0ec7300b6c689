using System.Text;
using OrleansChat.Gateway.Access;
using OrleansChat.Protocol;
using OrleansChat.Protocol.Text;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Text mode: each frame is a line that a person typed, and the server answers in lines. Like JSON mode, this class
/// uses a <see cref="Session"/>. It creates the client ids, because the lines have none.
/// </summary>
/// <param name="mayTurnJson">
/// True if the client offered no subprotocol. Then, if the client's first frame is a hello, the connection switches to
/// JSON mode permanently.
/// </param>
internal sealed class TextConversation(
    SessionConnection connection, SessionServices services, IdentityResult who, TextSettings settings, bool mayTurnJson, Func<string?, IdentityResult> ofToken)
    : IConversation
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Session _session = NewSession(who.User!, connection, services, settings);
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
        else if (TextCommandReader.Read(frame.Span, services.Limits) is { } command && (command is Say or Me or Whisper or MakeLink or Retitle or ChangeMember || await _session.AdmitsAsync(null)))
        {
            await HandleAsync(command);
        }
    }

    /// <inheritdoc/>
    public Task WaitForAnswersAsync(CancellationToken cancellationToken) =>
        _json?.WaitForAnswersAsync(cancellationToken) ?? _session.WaitForAnswersAsync(cancellationToken);

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
        _json = new JsonConversation(connection, services, who, ofToken);
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
                return _session.HandleAsync(new Join(null, join.Room, null, null, TextHelp.DefaultLast, null, Link: join.Code));
            case MakeLink link:
                return LinkAsync(_speaksIn, link.Uses);
            case Retitle retitle:
                return ChangeAsync((id, room) => new(id, room, EventKind.Title, retitle.Title, null, null, null));
            case ChangeMember change:
                return ChangeAsync((id, room) => new(id, room, change.Kind, null, null, null, null, change.User, Until: Until(change.Minutes)));
            case LeaveRoom leave:
                return LeaveAsync(leave.Room ?? _speaksIn);
            case ListRooms:
                Write(TextLineWriter.Rooms(_session.Rooms));
                break;
            case ListConversations:
                return _session.HandleAsync(new Conversations(null, null, null, TextHelp.ListedConversations));
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

    /// <summary>Sends a change of the current group.</summary>
    /// <param name="change">Makes the change from the client id and the room.</param>
    private ValueTask ChangeAsync(Func<string, string, Send> change)
    {
        var clientId = $"{_session.Id}-{++_sent}";
        return _speaksIn is null ? NoRoom() : _session.HandleAsync(change(clientId, _speaksIn));
    }

    /// <summary>Returns the time that is this number of minutes from now, in milliseconds since 1970 UTC.</summary>
    private long? Until(int? minutes) => minutes is { } count ? services.Time.GetUtcNow().AddMinutes(count).ToUnixTimeMilliseconds() : null;

    /// <summary>Makes a link with a new code. Only this connection gets the code.</summary>
    private ValueTask LinkAsync(string? room, int? uses)
    {
        var (clientId, code) = ($"{_session.Id}-{++_sent}", LinkCode.New());
        return room is null
            ? NoRoom()
            : _session.HandleAsync(
                new Send(clientId, room, EventKind.Link, null, null, null, null, Code: code, Uses: uses),
                stored: () => Write(TextLineWriter.Link(room, code)));
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
            _session.Answer(new Err(null, ChatErrorCode.Forbidden, "only guests may use /nick", null));
            return;
        }

        var rooms = await _session.CloseAsync();
        _session = NewSession(name, connection, services, settings);
        if (await _session.StartAsync(device: null))
        {
            await _session.HandleAsync(new Hello(null, null, null, []));
            foreach (var (room, after) in rooms)
            {
                // A direct conversation belongs to the old name, so the new session does not join it.
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
        _session.Answer(new Err(null, ChatErrorCode.NotMember, "you are in no room, /join lobby enters one", null));
        return ValueTask.CompletedTask;
    }

    private void Write(string line)
    {
        if (!settings.Raw)
        {
            connection.SendQueue.EnqueueAnswer(Encoding.UTF8.GetBytes(line));
        }
    }

    private static Session NewSession(string user, SessionConnection connection, SessionServices services, TextSettings settings) =>
        new(Guid.NewGuid().ToString("N"), user, new TextFormat(user, settings.Room, settings), connection, services);
}
