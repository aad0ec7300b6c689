using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// JSON mode: a hello first, then commands. Every bad object has its named error and the connection lives; what leaves nothing to talk
/// about closes it.
/// </summary>
/// <param name="known">Whom the upgrade request speaks for. Where that is nobody, hello brings a token.</param>
/// <param name="ofToken">Reads a token, or the lack of one.</param>
internal sealed class JsonConversation(SessionWire wire, SessionPorts ports, IdentityResult known, Func<string?, IdentityResult> ofToken) : IConversation
{
    [ThreadStatic] private static List<ParsedCommand>? t_parsed;

    private Session? _session;
    private ITimer? _helloDue;
    private bool _greeted;

    /// <inheritdoc/>
    public Task StartAsync()
    {
        var due = TimeSpan.FromSeconds(ports.Options.HelloSeconds);
        _helloDue = ports.Time.CreateTimer(_ => HelloIsDue(), null, due, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, bool binary)
    {
        if (binary)
        {
            wire.End(CloseCode.ProtocolError, "JSON mode speaks text frames");
            return;
        }

        // The thread's own, and not the conversation's, which may say nothing for hours now.
        var parsed = t_parsed ?? [];
        t_parsed = null;
        try
        {
            CommandReader.Read(frame.Span, ports.Limits, parsed);
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
                Answer(error);
            }
            else if (_session is null)
            {
                await BeginAsync(command!);
            }
            else if (command is Send)
            {
                await _session.HandleAsync(command);
            }
            else if (!await _session.AdmitsAsync(command!.Id))
            {
                // Told, and waited.
            }
            else if (command is Hello)
            {
                Answer(new Err(command.Id, ErrorCode.BadRequest, "hello was said already", null));
            }
            else if (command is Auth auth)
            {
                Answer(Renew(auth, _session.User));
            }
            else
            {
                await _session.HandleAsync(command);
            }

            if (wire.Gone.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public Task SettleAsync(CancellationToken cancellationToken) => _session?.SettleAsync(cancellationToken) ?? Task.CompletedTask;

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

    private async ValueTask BeginAsync(ClientCommand first)
    {
        if (_greeted)
        {
            // The session could not begin, or its token was refused: the connection is ending.
            return;
        }

        if (first is not Hello hello)
        {
            Answer(new Err(first.Id, ErrorCode.Unauthorized, "say hello first", null));
            return;
        }

        _greeted = true;
        _helloDue?.Dispose();
        _helloDue = null;
        var who = Of(hello);
        if (who.User is null)
        {
            Answer(Refused(hello.Id, who));
            wire.End(CloseCode.Unauthorized, who.Reason);
            return;
        }

        var session = new Session(Guid.NewGuid().ToString("N"), who.User, JsonFormat.Instance, wire, ports);
        if (await session.StartAsync(hello.Device))
        {
            _session = session;
            await session.HandleAsync(hello);
        }
    }

    /// <summary>Whom a hello speaks for. Its token is read wherever there is one: a bad credential is never passed over.</summary>
    private IdentityResult Of(Hello hello)
    {
        if (known.User is not null && hello.Token is null)
        {
            return known;
        }

        var who = ofToken(hello.Token);
        if (who.User is not null && known is { User: not null, IsGuest: false } && who.User != known.User)
        {
            return IdentityResult.Bad("the token is another user's");
        }

        if (who.User is not null)
        {
            wire.Expiry.Set(who.Exp);
        }

        return who;
    }

    /// <summary>A fresh token on a living connection. One that is refused changes nothing.</summary>
    private ServerFrame Renew(Auth auth, string user)
    {
        var who = ofToken(auth.Token);
        if (who.User is null)
        {
            return Refused(auth.Id, who);
        }

        if (who.User != user)
        {
            return new Err(auth.Id, ErrorCode.Forbidden, "the token is another user's", null);
        }

        wire.Expiry.Set(who.Exp);
        return new Ok(auth.Id, null, null, null, false, who.Exp);
    }

    private static Err Refused(string? id, IdentityResult who) => new(id, who.Code, who.Refusal ?? "no identity", null);

    private void HelloIsDue()
    {
        // The frame may have come before the timer was made.
        if (!_greeted)
        {
            wire.End(CloseCode.Unauthorized, $"no hello within {ports.Options.HelloSeconds} s");
        }
    }

    private void Answer(ServerFrame frame) => wire.Outbox.Answer(JsonFormat.Instance.Encode(frame, own: false));
}
