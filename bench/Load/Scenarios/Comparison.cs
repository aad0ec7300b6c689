using System.Globalization;
using System.Text;
using OrleansChat.Load.Peers;

namespace OrleansChat.Load.Scenarios;

/// <summary>What a comparison runs.</summary>
/// <param name="Only">Scenarios whose names start with this; empty for all.</param>
/// <param name="Peer">A server that runs already, as a further column; null for none.</param>
internal sealed record ComparisonOptions(
    string Name, string Only, int Runs, int Seconds, int WarmUpSeconds, int ServerWarmUpSeconds, int IdleConnections, TemplatePeer? Peer, string Results);

/// <summary>
/// This system beside a SignalR hub, and beside any other server that is asked for, in the same minutes: each round starts each setting once
/// and puts it through its scenarios, so that a disturbance of the machine hits all. Medians over the rounds.
/// </summary>
internal sealed class Comparison(ComparisonOptions options)
{
    private const string Idle = "P4";

    /// <summary>What each server does first, unmeasured, until its code is compiled as well as it will be.</summary>
    private static readonly Scenario WarmUp = new("warm-up", Rooms: 20, Members: 20, Senders: 1, InFlight: 8, Rate: 0);

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
        new("SQLite", cancelled => StartAsync(1, "sqlite", cancelled), _ => true),
        new("SQLite, 2 gateways", cancelled => StartAsync(2, "sqlite", cancelled), name => name == "P1-200"),
        new("PostgreSQL", cancelled => StartAsync(1, "postgres", cancelled), name => name is "P2" or "P3"),
        new("SignalR", async cancelled => await SignalRPeer.StartAsync(cancelled), _ => true),
        .. options.Peer is { } peer ? (Setting[])[new("peer", _ => Task.FromResult<IPeer>(peer), name => name != Idle)] : [],
    ];

    private readonly Dictionary<(string Setting, string Scenario), List<ScenarioFigures>> _figures = [];
    private readonly Dictionary<string, List<double>> _idle = [];

    /// <summary>Runs, prints a table, and writes it with its figures into the results' directory.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        for (var round = 1; round <= options.Runs; round++)
        {
            foreach (var setting in _settings)
            {
                await RunAsync(round, setting, cancellationToken);
            }
        }

        await Results.WriteAsync(
            options.Results, options.Name, Report(),
            new { options, figures = _figures.Select(of => new { of.Key.Setting, of.Key.Scenario, runs = of.Value }), idleKiB = _idle }, cancellationToken);
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
            await new ScenarioRun(peer, WarmUp, TimeSpan.Zero, TimeSpan.FromSeconds(options.ServerWarmUpSeconds)).RunAsync(cancellationToken);
            foreach (var scenario in wanted)
            {
                var run = new ScenarioRun(peer, scenario, TimeSpan.FromSeconds(options.WarmUpSeconds), TimeSpan.FromSeconds(options.Seconds));
                var figures = await run.RunAsync(cancellationToken);
                Of(_figures, (setting.Name, scenario.Name)).Add(figures);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round}: {setting.Name,-18} {scenario.Name,-8} {figures.Deliveries,10:0} deliveries/s {figures.Messages,7:0} messages/s   "
                    + $"{figures.Micros,6:0.000} µs a delivery ({Parts(figures.MicrosPerDelivery, "0.000")})   p50 {figures.P50:0.00} ms p99 {figures.P99:0.00} ms   "
                    + $"{figures.PerFrame:0.0} a frame{(figures.OneOrder ? "" : ", not one order")}   this {figures.OwnCores:0.00} cores"));
            }
        }

        if (IsWanted(Idle) && setting.Takes(Idle))
        {
            await using var peer = await setting.StartAsync(cancellationToken);
            var idle = await IdleRun.RunAsync(peer, options.IdleConnections, cancellationToken);
            Of(_idle, setting.Name).Add(idle);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: {setting.Name,-18} {Idle,-8} {idle:0.0} KiB an idle connection"));
        }
    }

    private static List<TValue> Of<TKey, TValue>(Dictionary<TKey, List<TValue>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists[key] = list = [];
        }

        return list;
    }

    private static string Parts(IReadOnlyDictionary<string, double> of, string format) =>
        string.Join(", ", of.Select(part => $"{part.Key} {part.Value.ToString(format, CultureInfo.InvariantCulture)}"));

    private string Report()
    {
        var report = new StringBuilder();
        report.AppendLine(CultureInfo.InvariantCulture, $"# {options.Name}, {DateTime.UtcNow:yyyy-MM-dd}");
        report.AppendLine();
        report.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"One silo and one gateway but where it says otherwise, every message stored before it is told; beside a SignalR hub in one process, which keeps nothing. All clients in one "
            + $"further process. Messages of {Marker.Bytes} bytes; a delivery is one message at one member, the sender's own included. Medians of {options.Runs} rounds, each setting in each "
            + $"round, {options.Seconds} s measured after {options.WarmUpSeconds} s of the same and, once a start, {options.ServerWarmUpSeconds} s of other load. {Results.Machine} Every delivery was checked: none lost, none doubled, each sender's in order. "
            + $"CPU is what the system says of the processes, user and kernel."));
        report.AppendLine();
        report.AppendLine("| | | deliveries/s | messages/s | µs of CPU a delivery | of it | p50 | p99 | deliveries a frame | one order for all | against SignalR |");
        report.AppendLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var scenario in Scenarios)
        {
            foreach (var setting in _settings)
            {
                if (_figures.TryGetValue((setting.Name, scenario.Name), out var runs))
                {
                    report.AppendLine(Row(scenario, setting, runs));
                }
            }
        }

        foreach (var (setting, runs) in _idle)
        {
            report.AppendLine(CultureInfo.InvariantCulture, $"| {Idle}: KiB of memory for an idle connection in a room, {options.IdleConnections} of them | {setting} | {Results.Median(runs):0.0} KiB | | | | | | | | |");
        }

        report.AppendLine();
        foreach (var scenario in Scenarios.Where(scenario => IsWanted(scenario.Name)))
        {
            report.AppendLine(CultureInfo.InvariantCulture, $"- {scenario.Name}: {scenario.Words}");
        }

        report.AppendLine();
        report.AppendLine(CultureInfo.InvariantCulture, $"    dotnet run -c Release --project bench/Load -- {options.Name} --runs {options.Runs} --seconds {options.Seconds}");
        return report.ToString();
    }

    private string Row(Scenario scenario, Setting setting, List<ScenarioFigures> runs)
    {
        double Of(Func<ScenarioFigures, double> what) => Results.Median(runs.Select(what));
        var against = "";
        if (setting.Name != "SignalR" && _figures.TryGetValue(("SignalR", scenario.Name), out var others))
        {
            var rate = Results.Median(runs.Zip(others, (own, other) => own.Deliveries / other.Deliveries));
            var cpu = Results.Median(runs.Zip(others, (own, other) => own.Micros / other.Micros));
            against = string.Create(CultureInfo.InvariantCulture, $"{(scenario.InFlight > 0 ? $"x {rate:0.00} deliveries, " : "")}x {cpu:0.00} CPU");
        }

        var parts = string.Join(", ", runs[0].MicrosPerDelivery.Keys.Select(
            name => string.Create(CultureInfo.InvariantCulture, $"{name} {Of(figures => figures.MicrosPerDelivery[name]):0.000}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {scenario.Name} | {setting.Name} | {Of(one => one.Deliveries):0} | {Of(one => one.Messages):0} | {Of(one => one.Micros):0.000} | {parts} "
            + $"| {Of(one => one.P50):0.00} ms | {Of(one => one.P99):0.00} ms | {Of(one => one.PerFrame):0.0} | {(runs.TrueForAll(one => one.OneOrder) ? "yes" : "no")} | {against} |");
    }

    /// <summary>A server in a certain way, and the scenarios that it is put through.</summary>
    private sealed record Setting(string Name, Func<CancellationToken, Task<IPeer>> StartAsync, Func<string, bool> Takes);
}
