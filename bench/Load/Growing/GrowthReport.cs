using System.Globalization;
using System.Text;
using OrleansChat.Load.Charts;
using OrleansChat.Load.Scenarios;

namespace OrleansChat.Load.Growing;

/// <summary>What growth costs, in words and as curves.</summary>
internal sealed class GrowthReport(GrowthOptions options, IReadOnlyList<GrowthAxis> axes, IReadOnlyDictionary<string, List<ScenarioFigures>> runs)
{
    private const int LeastMessages = 100;
    private readonly StringBuilder _text = new();

    /// <summary>As Markdown.</summary>
    public string Write()
    {
        _text.AppendLine(CultureInfo.InvariantCulture, $"# growth, {DateTime.UtcNow:yyyy-MM-dd}\n");
        _text.AppendLine(
            CultureInfo.InvariantCulture,
            $"What a delivery and a message cost as one thing grows and the others are held. The loop is open, at a rate at which this machine is far from busy and rooms have nothing to batch. "
            + $"Messages of {Marker.Bytes} bytes, each stored ({Store}) before it is told; every delivery was checked: none lost, none doubled, each sender's in order. CPU is what the system says of the processes, "
            + $"user and kernel; what they took in the {options.IdleSeconds} s before, when everybody was there and nobody sent, has a column of its own and is taken off the others. "
            + $"Medians of {options.Runs} rounds, {options.Seconds} s measured after 2 s of the same and, once a start, {options.ServerWarmUpSeconds} s of other load. {Results.Machine}");
        foreach (var axis in axes)
        {
            Write(axis);
        }

        _text.AppendLine(
            CultureInfo.InvariantCulture, $"\n    dotnet run -c Release --project bench/Load -- growth --runs {options.Runs} --seconds {options.Seconds} --store {options.Store}{(options.Only.Length > 0 ? $" --axis {options.Only}" : "")}");
        return _text.ToString();
    }

    /// <summary>As SVG: a row for each axis, a delivery's cost left and a message's right.</summary>
    public string Draw() => Chart.Draw(
        $"growth, {DateTime.UtcNow:yyyy-MM-dd}: CPU of a delivery and of a message, {Store}",
        [.. axes.SelectMany(axis => (Panel[])[
            new LinePanel($"{Capital(axis.Name)}: µs of CPU a delivery", axis.Name,
                [Curve(axis, "all processes", run => Kinds.Sum(run.MicrosBeyondIdle)), Curve(axis, "gateways", run => run.MicrosBeyondIdle("gateway"))]),
            new LinePanel($"{Capital(axis.Name)}: µs of CPU a message, gateways left out", axis.Name,
                [Curve(axis, "silos", run => PerMessage(run, "silo")), .. IsPostgres ? (Curve[])[Curve(axis, Store, run => PerMessage(run, "postgres"))] : []]),
        ])]);

    private static string[] Kinds => ["gateway", "silo", "postgres"];

    private bool IsPostgres => options.Store == "postgres";

    private string Store => IsPostgres ? "PostgreSQL" : "SQLite";

    private static string Capital(string name) => $"{char.ToUpperInvariant(name[0])}{name[1..]}";

    /// <summary>Not a number where there were too few messages to tell their cost from that of being there: CPU time comes in steps of 10 ms.</summary>
    private double PerMessage(ScenarioFigures run, string kind) =>
        run.Messages * options.Seconds < LeastMessages ? double.NaN : run.MicrosBeyondIdle(kind) * run.Deliveries / run.Messages;

    private static string Whole(double value) => double.IsNaN(value) ? "" : value.ToString("0", CultureInfo.InvariantCulture);

    private void Write(GrowthAxis axis)
    {
        _text.AppendLine(CultureInfo.InvariantCulture, $"\n## {Capital(axis.Name)}\n\nHeld: {axis.Held}.\n");
        _text.AppendLine(CultureInfo.InvariantCulture, $"| {axis.Name} | connections | deliveries/s | messages/s | µs a delivery, all processes | gateways | µs a message, silos | {(IsPostgres ? "PostgreSQL | " : "")}idle: cores of all | MiB of gateways | of silos | p50 | p99 | one order for all |");
        _text.AppendLine(CultureInfo.InvariantCulture, $"|---|---|---|---|---|---|---|---|---|---|---|---|---|{(IsPostgres ? "---|" : "")}");
        foreach (var point in axis.Points)
        {
            double Of(Func<ScenarioFigures, double> what) => Results.Median(runs[point.Scenario.Name].Select(what));
            double MiB(string kind) => Of(run => run.MiB.Where(of => of.Key.StartsWith(kind, StringComparison.Ordinal)).Sum(of => of.Value));
            var connections = point.Scenario.Rooms * point.Scenario.Members;
            _text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {point.Value:#,0} | {connections:#,0} | {Of(run => run.Deliveries):0} | {Of(run => run.Messages):0} | {Of(run => Kinds.Sum(run.MicrosBeyondIdle)):0.00} "
                + $"| {Of(run => run.MicrosBeyondIdle("gateway")):0.00} | {Whole(Of(run => PerMessage(run, "silo")))} | {(IsPostgres ? $"{Whole(Of(run => PerMessage(run, "postgres")))} | " : "")}"
                + $"{Of(run => run.IdleCores.Values.Sum()):0.000} | {MiB("gateway"):0} | {MiB("silo"):0} | {Of(run => run.P50):0.00} ms | {Of(run => run.P99):0.00} ms "
                + $"| {(runs[point.Scenario.Name].TrueForAll(run => run.OneOrder) ? "yes" : "no")} |");
        }

        if (axis.Missing.Length > 0)
        {
            _text.AppendLine(CultureInfo.InvariantCulture, $"\nLeft out here: {axis.Missing}.");
        }
    }

    private Curve Curve(GrowthAxis axis, string name, Func<ScenarioFigures, double> of) => new(
        name,
        [.. axis.Points.Select(point => (X: (double)point.Value, Y: Results.Median(runs[point.Scenario.Name].Select(of)))).Where(point => point.Y >= 0)]);
}
