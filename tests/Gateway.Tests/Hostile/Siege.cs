using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
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
        var unobserved = new ConcurrentQueue<Exception>();
        Collect();
        TaskScheduler.UnobservedTaskException += Observe;
        try
        {
            using var ann = await Server.ConnectAsync("/ws?room=garden&user=ann&raw=1&echo=0");
            using var bob = await Server.ConnectAsync("/ws?room=garden&user=bob&raw=1");
            await Waiting.UntilAsync(() => Server.Rooms.In("garden") == 2, "the two people to be in");
            var before = Collect();
            using var over = new CancellationTokenSource();
            var chatting = ChatAsync(ann, bob, over.Token);
            await attack(Server);
            await over.CancelAsync();
            Assert.True(await chatting > 0, "nobody chatted meanwhile");

            // As before, and none of the attacker's left.
            await Waiting.UntilAsync(() => Server.Connections.Count == 2, $"the attacker's connections to go; {Server.Connections.Count - 2} are left");
            await ChatAsync(ann, bob, over.Token);
            await Waiting.UntilAsync(() => Collect() - before < MostKept, $"the memory to be back; {(Collect() - before) >> 20} MiB are left");
            Assert.Empty(unobserved.Select(failure => failure.ToString()));
            Assert.Empty(_log.Errors);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Observe;
        }

        void Observe(object? sender, UnobservedTaskExceptionEventArgs failure) => unobserved.Enqueue(failure.Exception);
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

    private static long Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _errors = new();

        public IEnumerable<string> Errors => _errors;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                _errors.Enqueue($"{formatter(state, exception)}: {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>The tests of hostile input: alone in the process, for they measure its memory.</summary>
[CollectionDefinition(nameof(Siege), DisableParallelization = true)]
public sealed class SiegeTests;
