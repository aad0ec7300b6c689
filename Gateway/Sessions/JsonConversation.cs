using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Frames;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// JSON mode: the client sends hello, then commands. If a command cannot be read or carried out, the answer is an
/// error, and the connection stays open. The gateway closes the connection only if a conversation is impossible, for
/// example after a binary frame or a bad hello.
/// </summary>
/// <param name="known">The identity of the upgrade request. If it has no user, hello must have a token.</param>
/// <param name="ofToken">Checks a token. Called with null if the client sent no token.</param>
internal sealed class JsonConversation(SessionConnection connection, SessionServices services, IdentityResult known, Func<string?, IdentityResult> ofToken) : IConversation
{
    /// <summary>
    /// Maximum number of errors that the gateway sends before hello. The next error ends the connection.
    /// </summary>
    private const int MaxErrorsBeforeHello = 16;

    /// <summary>This thread's list for the commands of a frame; null while it is in use.</summary>
    [ThreadStatic] private static List<ParsedCommand>? t_parsed;

    private Session? _session;
    private ITimer? _helloDue;
    private bool _greeted;
    private int _errorsBeforeHello;
    private int _bytesBeforeHello;

    /// <inheritdoc/>
    public Task StartAsync()
    {
        var due = services.Options.HelloTimeout;
        _helloDue = services.Time.CreateTimer(_ => HelloIsDue(), null, due, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, bool binary)
    {
        if (binary)
        {
            connection.End(CloseCode.ProtocolError, "JSON mode accepts text frames only");
            return;
        }

        // The limit counts decompressed bytes. So it bounds the work of the gateway for a client without an identity.
        if (_session is null && (_bytesBeforeHello += frame.Length) > 2 * services.Limits.FrameBytes)
        {
            connection.End(CloseCode.ProtocolError, $"more than {2 * services.Limits.FrameBytes} bytes before hello");
            return;
        }

        // The thread keeps the list for the next frame of any conversation. If each conversation kept a list, the lists
        // of idle conversations would waste memory.
        var parsed = t_parsed ?? [];
        t_parsed = null;
        try
        {
            CommandReader.Read(frame.Span, services.Limits, parsed);
            await CarryOutAsync(parsed);
        }
        finally
        {
            parsed.Clear();
            t_parsed = parsed;
        }
    }

    private async ValueTask CarryOutAsync(List<ParsedCommand> parsed)
    {
        foreach (var (command, error) in parsed)
        {
            if (error is not null)
            {
                await RefuseAsync(error);
            }
            else if (_session is null)
            {
                await BeginAsync(command!);
            }
            else if (command is Send)
            {
                await _session.HandleAsync(command);
            }
            else if (!await _session.AdmitsAsync(command!.Id, isLocal: command is Ping))
            {
                // Refused: AdmitsAsync has sent the error and waited.
            }
            else if (command is Hello)
            {
                Answer(new Err(command.Id, ChatErrorCode.BadRequest, "hello was already sent", null));
            }
            else if (command is Auth auth)
            {
                Answer(Renew(auth, _session));
            }
            else
            {
                await _session.HandleAsync(command);
            }

            if (connection.Gone.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public Task WaitForAnswersAsync(CancellationToken cancellationToken) => _session?.WaitForAnswersAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Farewell(CloseCode code, string reason, int? after = null) =>
        JsonFormat.Instance.Encode(new Bye(code, after, reason), own: false);

    /// <inheritdoc/>
    public async Task CloseAsync()
    {
        _helloDue?.Dispose();
        if (_session is not null)
        {
            await _session.CloseAsync();
        }
    }

    /// <summary>
    /// Answers a line that could not be read, or a command before hello, with an error. After hello, the line costs as
    /// much of the budgets as a command. Before hello, there is no user whose budget can be charged, so the gateway
    /// sends only a few errors.
    /// </summary>
    private async ValueTask RefuseAsync(Err error)
    {
        if (_session is not null)
        {
            if (await _session.AdmitsAsync(error.Id))
            {
                Answer(error);
            }
        }
        else if (++_errorsBeforeHello <= MaxErrorsBeforeHello)
        {
            Answer(error);
        }
        else
        {
            connection.End(CloseCode.ProtocolError, $"more than {MaxErrorsBeforeHello} errors before hello");
        }
    }

    private async ValueTask BeginAsync(ClientCommand first)
    {
        if (_greeted)
        {
            // The session could not start, or the token was refused: the connection is ending.
            return;
        }

        if (first is not Hello hello)
        {
            await RefuseAsync(new Err(first.Id, ChatErrorCode.Unauthorized, "send hello first", null));
            return;
        }

        _greeted = true;
        _helloDue?.Dispose();
        _helloDue = null;
        var who = Identify(hello);
        if (who.User is null)
        {
            Answer(Refused(hello.Id, who));
            connection.End(CloseCode.Unauthorized, who.Reason);
            return;
        }

        var session = new Session(Guid.NewGuid().ToString("N"), who.User, JsonFormat.Instance, connection, services, UserClaims.From(who.Rights));
        if (await session.StartAsync(hello.Device, hello.Rooms.Count))
        {
            _session = session;
            await session.HandleAsync(hello);
        }
    }

    /// <summary>The client's identity. A token in hello is always checked: a bad credential is never ignored.</summary>
    private IdentityResult Identify(Hello hello)
    {
        if (known.User is not null && hello.Token is null)
        {
            return known;
        }

        var who = ofToken(hello.Token);
        if (who.User is not null && known is { User: not null, IsGuest: false } && who.User != known.User)
        {
            return IdentityResult.Bad("the token belongs to another user");
        }

        if (who.User is not null)
        {
            connection.Expiry.Set(who.Exp);
        }

        return who;
    }

    /// <summary>Replaces the connection's token. If the new token is refused, the old token stays in use.</summary>
    private ServerFrame Renew(Auth auth, Session session)
    {
        var who = ofToken(auth.Token);
        if (who.User is null)
        {
            return Refused(auth.Id, who);
        }

        if (who.User != session.User)
        {
            return new Err(auth.Id, ChatErrorCode.Forbidden, "the token belongs to another user", null);
        }

        connection.Expiry.Set(who.Exp);
        session.Renew(UserClaims.From(who.Rights));
        return new Ok(auth.Id, null, null, null, false, who.Exp);
    }

    private static Err Refused(string? id, IdentityResult who) => new(id, who.Code, who.Refusal ?? "no identity", null);

    private void HelloIsDue()
    {
        // The timer may fire while hello is handled.
        if (!_greeted)
        {
            connection.End(CloseCode.Unauthorized, $"no hello within {services.Options.HelloTimeout.TotalSeconds} s");
        }
    }

    private void Answer(ServerFrame frame) => connection.SendQueue.EnqueueAnswer(JsonFormat.Instance.Encode(frame, own: false));
}
