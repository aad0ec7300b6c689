using System.Globalization;
using OrleansChat.Load.Peers;

namespace OrleansChat.Load.Scenarios;

/// <summary>The options of a comparison.</summary>
/// <param name="Name">The command, such as <c>P1</c> or <c>all</c>; also part of the report's file name.</param>
/// <param name="Only">Only scenarios with names that start with this text are run; empty for all scenarios.</param>
/// <param name="Runs">The number of rounds over all settings.</param>
/// <param name="Seconds">Measured seconds of each run.</param>
/// <param name="WarmUpSeconds">Seconds of the same load before the measured seconds.</param>
/// <param name="ServerWarmUpSeconds">Unmeasured seconds of each kind of load, after a server's start.</param>
/// <param name="Peer">One more server to compare with; null for none.</param>
internal sealed record ComparisonOptions(
    string Name, string Only, int Runs, int Seconds, int WarmUpSeconds, int ServerWarmUpSeconds, int IdleConnections, PeerTemplate? Peer, string Results);

/// <summary>
/// Compares OrleansChat with a SignalR hub, and with one more server if the options name one. A setting is a server
/// with its configuration. In each round, the settings are measured one after another. So if other work slows the
/// machine for a long time, it slows all settings and not only one. The report has the medians over the rounds.
/// </summary>
internal sealed class Comparison(ComparisonOptions options)
{
    /// <summary>OrleansChat with one gateway and messages in SQLite.</summary>
    public const string Sqlite = "SQLite";

    /// <summary>OrleansChat with two gateways and messages in SQLite.</summary>
    public const string TwoGateways = "SQLite, 2 gateways";

    /// <summary>OrleansChat with one gateway and messages in PostgreSQL.</summary>
    public const string PostgreSql = "PostgreSQL";

    /// <summary>The SignalR hub, to which all goals are relative.</summary>
    public const string SignalR = "SignalR";

    /// <summary>The server of <see cref="ComparisonOptions.Peer"/>.</summary>
    public const string Peer = "peer";

    private const string Idle = "P4";

    private static readonly Scenario[] Scenarios =
    [
        new("P1-200", Rooms: 1, Members: 200, Senders: 4, InFlight: 32, Rate: 0),
        new("P1-1000", Rooms: 1, Members: 1000, Senders: 4, InFlight: 32, Rate: 0),
        new("P1-50k", Rooms: 1, Members: 200, Senders: 4, InFlight: 0, Rate: 250),
        new("P2", Rooms: 1, Members: 10, Senders: 1, InFlight: 0, Rate: 100),
        new("P3", Rooms: 200, Members: 5, Senders: 1, InFlight: 2, Rate: 0),
    ];

    private readonly Setting[] _settings =
    [
        new(Sqlite, cancelled => StartAsync(1, "sqlite", cancelled), _ => true),
        new(TwoGateways, cancelled => StartAsync(2, "sqlite", cancelled), name => name == "P1-200"),
        new(PostgreSql, cancelled => StartAsync(1, "postgres", cancelled), name => name is "P2" or "P3"),
        new(SignalR, async cancelled => await SignalRPeer.StartAsync(cancelled), _ => true),
        .. options.Peer is { } peer ? (Setting[])[new(Peer, peer.StartAsync, name => peer.Takes(name, fresh: name == Idle))] : [],
    ];

    private readonly Measured _measured = new();

    /// <summary>
    /// Runs the benchmark, prints tables, and writes the tables, their figures and a chart to the results directory.
    /// </summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        for (var round = 1; round <= options.Runs; round++)
        {
            foreach (var setting in _settings)
            {
                await RunAsync(round, setting, cancellationToken);
            }
        }

        var report = new ComparisonReport(
            options, [.. _settings.Select(setting => setting.Name)], [.. Scenarios.Where(scenario => IsWanted(scenario.Name))], _measured);
        await Results.WriteAsync(
            options.Results, options.Name, report.Write(), new { options, measured = _measured.Everything }, report.Draw(), cancellationToken);
        return 0;
    }

    private static async Task<IPeer> StartAsync(int gateways, string store, CancellationToken cancellationToken) =>
        await OrleansChatPeer.StartAsync(gateways, store, cancellationToken);

    private bool IsWanted(string scenario) => scenario.StartsWith(options.Only, StringComparison.OrdinalIgnoreCase);

    private async Task RunAsync(int round, Setting setting, CancellationToken cancellationToken)
    {
        if (Array.FindAll(Scenarios, scenario => IsWanted(scenario.Name) && setting.Takes(scenario.Name)) is { Length: > 0 } wanted)
        {
            await using var peer = await setting.StartAsync(cancellationToken);
            foreach (var scenario in (Scenario[])[.. setting.Name == Peer ? [] : (Scenario[])[Scenario.WarmUp], .. wanted])
            {
                // Run each kind of load before the measurement. .NET compiles a method with full optimization only
                // after the method has run many times. During this compilation, a delivery costs twice as much CPU. The
                // server of --peer-url runs only the wanted scenarios, without Scenario.WarmUp.
                await new ScenarioRun(peer, scenario, TimeSpan.Zero, TimeSpan.FromSeconds(options.ServerWarmUpSeconds)).RunAsync(cancellationToken);
            }

            foreach (var scenario in wanted)
            {
                var run = new ScenarioRun(peer, scenario, TimeSpan.FromSeconds(options.WarmUpSeconds), TimeSpan.FromSeconds(options.Seconds));
                var figures = await run.RunAsync(cancellationToken);
                _measured.Add(setting.Name, scenario.Name, figures);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round}: {setting.Name,-18} {scenario.Name,-8} {figures.Deliveries,10:0} deliveries/s {figures.Messages,7:0} messages/s   "
                    + $"{figures.Micros,6:0.000} µs per delivery ({Parts(figures.MicrosPerDelivery, "0.000")})   p50 {figures.P50:0.00} ms p99 {figures.P99:0.00} ms   "
                    + $"{figures.PerFrame:0.0} per frame{(figures.OneOrder ? "" : ", different orders")}   clients {figures.OwnCores:0.00} cores"));
            }
        }

        if (IsWanted(Idle) && setting.Takes(Idle))
        {
            await using var peer = await setting.StartAsync(cancellationToken);
            var idle = await IdleRun.RunAsync(peer, options.IdleConnections, cancellationToken);
            _measured.Add(setting.Name, idle);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: {setting.Name,-18} {Idle,-8} {idle:0.0} KiB per idle connection"));
        }
    }

    private static string Parts(IReadOnlyDictionary<string, double> of, string format) =>
        string.Join(", ", of.Select(part => $"{part.Key} {part.Value.ToString(format, CultureInfo.InvariantCulture)}"));

    /// <summary>A server with its configuration, and the scenarios that it runs.</summary>
    private sealed record Setting(string Name, Func<CancellationToken, Task<IPeer>> StartAsync, Func<string, bool> Takes);
}
