using System.Diagnostics;
using System.Globalization;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>
/// A gateway with two people who chat while somebody else does their worst to it, and what has to hold whatever they do: the two get every
/// word, nothing throws that nobody looks at, nothing is logged as an error, every connection goes, and the memory comes back.
/// </summary>
internal sealed class Siege : IAsyncDisposable
{
    /// <summary>Bytes of memory that may be left in use.</summary>
    private const long MostKept = 50 * 1024 * 1024;

    private readonly ErrorLog _log;

    private Siege(GatewayServer server, ErrorLog log) => (Server, _log) = (server, log);

    /// <summary>The gateway.</summary>
    public GatewayServer Server { get; }

    /// <summary>Starts a gateway with its default bounds, or others.</summary>
    public static async Task<Siege> StartAsync(ConnectionOptions? connections = null, HttpOptions? http = null, SessionOptions? sessions = null)
    {
        var log = new ErrorLog();
        return new(await GatewayServer.StartAsync(sessions: sessions, log: log, connections: connections ?? new(), http: http), log);
    }

    /// <summary>Runs the attack, which closes what it opened or leaves it to the gateway, and checks what has to hold.</summary>
    public async Task HoldsAsync(Func<GatewayServer, Task> attack)
    {
        using var ann = await Server.ConnectAsync("/ws?room=garden&user=ann&raw=1&echo=0");
        using var bob = await Server.ConnectAsync("/ws?room=garden&user=bob&raw=1");
        await Waiting.UntilAsync(() => Server.Rooms.In("garden") == 2, "the two people to be in");
        using var aftermath = new Aftermath();
        using var over = new CancellationTokenSource();
        var chatting = ChatAsync(ann, bob, over.Token);
        await attack(Server);
        await over.CancelAsync();
        Assert.True(await chatting > 0, "nobody chatted meanwhile");

        // As before, and none of the attacker's left.
        await Waiting.UntilAsync(() => Server.Connections.Count == 2, "the attacker's connections to go");
        await ChatAsync(ann, bob, over.Token);
        await aftermath.ClearsAsync(MostKept);
        Assert.Empty(_log.Errors);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>One says a word and the other hears it, again and again, at least once.</summary>
    private static async Task<int> ChatAsync(RawWebSocket ann, RawWebSocket bob, CancellationToken over)
    {
        var words = 0;
        do
        {
            var word = string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetTimestamp()}");
            await ann.SendTextAsync(word);
            Assert.Equal(word, await bob.ReceiveLineAsync());
            words++;
            await Task.WhenAny(Task.Delay(10, CancellationToken.None));
        }
        while (!over.IsCancellationRequested);
        return words;
    }
}

/// <summary>The tests of hostile input: alone in the process, for they measure its memory.</summary>
[CollectionDefinition(nameof(Siege), DisableParallelization = true)]
public sealed class SiegeTests;
