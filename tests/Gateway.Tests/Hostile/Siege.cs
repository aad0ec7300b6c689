using Microsoft.Extensions.Logging;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Endpoint;
using OrleansChat.Gateway.Sessions;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>
/// A gateway with two users who chat during an attack. Both users must get every message. No exception may stay
/// unobserved, and the gateway may log no error. All connections of the attacker must end, and the gateway must release
/// their memory.
/// </summary>
internal sealed class Siege : IAsyncDisposable
{
    /// <summary>After the attack, the process may use this many bytes more than before it.</summary>
    private const long MaxKept = 50 * 1024 * 1024;

    private static readonly TimeSpan TalkPause = TimeSpan.FromMilliseconds(10);

    private readonly KeptLog _log;

    private Siege(GatewayServer server, KeptLog log) => (Server, _log) = (server, log);

    /// <summary>The gateway under attack.</summary>
    public GatewayServer Server { get; }

    /// <summary>Starts a gateway. If an argument is null, the gateway has the default options of this type.</summary>
    public static async Task<Siege> StartAsync(ConnectionOptions? connections = null, HttpOptions? http = null, ChatSessionOptions? sessions = null)
    {
        var log = new KeptLog(LogLevel.Error);
        return new(await GatewayServer.StartAsync(sessions: sessions, log: log, connections: connections ?? new(), http: http), log);
    }

    /// <summary>
    /// Runs the attack while the two users chat. Then checks the conditions of the class summary. The attack must close
    /// its connections, or let the gateway close them.
    /// </summary>
    public async Task HoldsAsync(Func<GatewayServer, Task> attack)
    {
        using var ann = await Server.ConnectAsync("/ws?room=garden&user=ann&raw=1&echo=0");
        using var bob = await Server.ConnectAsync("/ws?room=garden&user=bob&raw=1");
        await Waiting.UntilAsync(() => Server.Rooms.In("garden") == 2, "both users to be in the room");
        using var aftermath = new Aftermath();
        using var over = new CancellationTokenSource();
        var chatting = Talk.ChatAsync(ann, bob, TalkPause, over.Token);
        await attack(Server);
        await over.CancelAsync();
        Assert.True(await chatting > 0, "The users did not chat during the attack");

        // After the attack, only the connections of the two users may remain.
        await Waiting.UntilAsync(() => Server.Connections.Count == 2, "the attacker's connections to end");
        await Talk.ChatAsync(ann, bob, TalkPause, over.Token);
        await aftermath.ClearsAsync(MaxKept);
        Assert.Empty(_log.Lines);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>The tests of hostile input. They run alone in the process, because they measure its memory.</summary>
[CollectionDefinition(nameof(Siege), DisableParallelization = true)]
public sealed class SiegeTests;
