using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// JSON mode: a hello first, then commands. Every bad object has its named error and the connection lives; what leaves nothing to talk
/// about closes it.
/// </summary>
/// <param name="known">The user that the upgrade request named, or null: then hello brings a token.</param>
internal sealed class JsonConversation(SessionWire wire, SessionPorts ports, string? known, Func<string?, IdentityResult> ofToken) : IConversation
{
    private readonly List<ParsedCommand> _parsed = [];
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

        _parsed.Clear();
        CommandReader.Read(frame.Span, ports.Limits, _parsed);
        foreach (var (command, error) in _parsed)
        {
            if (error is not null)
            {
                Answer(error);
            }
            else if (_session is null)
            {
                await BeginAsync(command!);
            }
            else if (command is Hello)
            {
                Answer(new Err(command.Id, ErrorCode.BadRequest, "hello was said already", null));
            }
            else
            {
                await _session.HandleAsync(command!);
            }

            if (wire.Gone.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Farewell(CloseCode code, string reason) => JsonFormat.Instance.Encode(new Bye(code, null, reason), own: false);

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
            // The session could not begin: the connection is ending.
            return;
        }

        if (first is not Hello hello)
        {
            Answer(new Err(first.Id, ErrorCode.Unauthorized, "say hello first", null));
            return;
        }

        var user = known;
        if (user is null)
        {
            var who = ofToken(hello.Token);
            if (who.User is null)
            {
                wire.End(CloseCode.Unauthorized, who.Refusal ?? "no identity");
                return;
            }

            user = who.User;
        }

        _greeted = true;
        _helloDue?.Dispose();
        var session = new Session(Guid.NewGuid().ToString("N"), user, JsonFormat.Instance, wire, ports);
        if (await session.StartAsync(hello.Device))
        {
            _session = session;
            await session.HandleAsync(hello);
        }
    }

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
