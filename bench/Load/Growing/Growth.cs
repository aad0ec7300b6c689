using System.Globalization;
using OrleansChat.Load.Peers;
using OrleansChat.Load.Scenarios;

namespace OrleansChat.Load.Growing;

/// <summary>The options of <c>growth</c>.</summary>
/// <param name="Runs">The number of rounds over all points (<see cref="GrowthPoint"/>).</param>
/// <param name="Seconds">Measured seconds at each point.</param>
/// <param name="IdleSeconds">Seconds without messages before each point, in which the CPU use of the idle processes is
/// measured.</param>
/// <param name="ServerWarmUpSeconds">Seconds of unmeasured load after each start of a cluster.</param>
/// <param name="Only">Only the axes whose names start with this text are measured; empty for all axes.</param>
/// <param name="Store"><c>sqlite</c> or <c>postgres</c>.</param>
internal sealed record GrowthOptions(int Runs, int Seconds, int IdleSeconds, int ServerWarmUpSeconds, string Only, string Store, string Results);

/// <summary>
/// Measures what a delivery and a message cost while one quantity grows and the others stay constant. Messages are sent
/// at a low fixed rate (open loop), at which the machine is far from busy and rooms cannot batch. So if a cost grows,
/// the cause is the growing quantity. Each round starts a cluster for every combination of gateways and silos. So if
/// other work slows the machine for a long time, it slows all combinations and not only one.
/// </summary>
internal sealed class Growth(GrowthOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private readonly IReadOnlyList<GrowthAxis> _axes =
        [.. GrowthAxis.All(canHaveSilos: options.Store == "postgres").Where(axis => axis.Name.StartsWith(options.Only, StringComparison.Ordinal))];
    private readonly Dictionary<string, List<ScenarioFigures>> _runs = [];

    /// <summary>
    /// Runs the benchmark, prints tables, and writes the tables, their figures and curves to the results directory.
    /// </summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var clusters = _axes.SelectMany(axis => axis.Points).GroupBy(point => (point.Gateways, point.Silos)).ToArray();
        for (var round = 1; round <= options.Runs; round++)
        {
            foreach (var cluster in clusters)
            {
                await using var peer = await OrleansChatPeer.StartAsync(cluster.Key.Gateways, cluster.Key.Silos, options.Store, cancellationToken);
                await new ScenarioRun(peer, Scenario.WarmUp, TimeSpan.Zero, TimeSpan.FromSeconds(options.ServerWarmUpSeconds)).RunAsync(cancellationToken);
                foreach (var point in cluster)
                {
                    await RunAsync(round, peer, point.Scenario, cancellationToken);
                }
            }
        }

        var report = new GrowthReport(options, _axes, _runs);
        await Results.WriteAsync(
            options.Results, "growth", report.Write(), new { options, axes = _axes, runs = _runs }, report.Draw(), cancellationToken);
        return 0;
    }

    private async Task RunAsync(int round, OrleansChatPeer peer, Scenario scenario, CancellationToken cancellationToken)
    {
        var run = new ScenarioRun(peer, scenario, WarmUp, TimeSpan.FromSeconds(options.Seconds)) { Idle = TimeSpan.FromSeconds(options.IdleSeconds) };
        var figures = await run.RunAsync(cancellationToken);
        if (!_runs.TryGetValue(scenario.Name, out var runs))
        {
            _runs[scenario.Name] = runs = [];
        }

        runs.Add(figures);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"round {round}: {scenario.Name,-14} {figures.Deliveries,6:0} deliveries/s {figures.Messages,5:0} messages/s   µs per delivery: {figures.Micros:0.00}, without the idle CPU use: "
            + $"gateways {figures.MicrosBeyondIdle("gateway"):0.00} silos {figures.MicrosBeyondIdle("silo"):0.00} postgres {figures.MicrosBeyondIdle("postgres"):0.00}   "
            + $"idle {figures.IdleCores.Values.Sum():0.000} cores   p50 {figures.P50:0.00} ms p99 {figures.P99:0.00} ms   clients {figures.OwnCores:0.00} cores"));
    }
}
