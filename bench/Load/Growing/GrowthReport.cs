using System.Globalization;
using System.Text;
using OrleansChat.Load.Charts;
using OrleansChat.Load.Scenarios;

namespace OrleansChat.Load.Growing;

/// <summary>The report of <see cref="Growth"/>: tables and curves.</summary>
internal sealed class GrowthReport(GrowthOptions options, IReadOnlyList<GrowthAxis> axes, IReadOnlyDictionary<string, List<ScenarioFigures>> runs)
{
    private const int MinMessages = 100;
    private readonly StringBuilder _text = new();

    /// <summary>Returns the report as Markdown. Call this method only once.</summary>
    public string Write()
    {
        _text.AppendLine(CultureInfo.InvariantCulture, $"# growth, {DateTime.UtcNow:yyyy-MM-dd}\n");
        _text.AppendLine(
            CultureInfo.InvariantCulture,
            $"What a delivery and a message cost while one quantity grows and the others stay constant. Messages are sent at a fixed rate (open loop), at which this machine is far from busy and rooms cannot batch. "
            + $"A message has {Marker.Bytes} bytes and is stored ({Store}) before it is delivered. Every delivery was checked: none was lost or doubled, and each sender's messages arrived in order. CPU is the user and kernel time of the processes. "
            + $"The CPU use in the {options.IdleSeconds} s before each point, with all members connected and no messages, has its own column. It is subtracted from the other CPU columns. "
            + $"{(options.Runs == 1 ? "One round" : $"Medians of {options.Runs} rounds")}. After each start of a cluster, another load runs for {options.ServerWarmUpSeconds} s, which is not measured. Each measurement lasts {options.Seconds} s; the measured load starts 2 s before it. {Results.Machine}");
        foreach (var axis in axes)
        {
            Write(axis);
        }

        _text.AppendLine(
            CultureInfo.InvariantCulture, $"\n    dotnet run -c Release --project bench/Load -- growth --runs {options.Runs} --seconds {options.Seconds} --store {options.Store}{(options.Only.Length > 0 ? $" --axis {options.Only}" : "")}");
        return _text.ToString();
    }

    /// <summary>
    /// Returns the curves as SVG. Each growing quantity has a row: the cost of a delivery on the left, the cost of a
    /// message on the right.
    /// </summary>
    public string Draw() => Chart.Draw(
        $"growth, {DateTime.UtcNow:yyyy-MM-dd}: CPU per delivery and per message, {Store}",
        [.. axes.SelectMany(axis => (Panel[])[
            new LinePanel($"{Capital(axis.Name)}: µs of CPU per delivery", axis.Name,
                [Curve(axis, "all processes", run => Kinds.Sum(run.MicrosBeyondIdle)), Curve(axis, "gateways", run => run.MicrosBeyondIdle("gateway"))]),
            new LinePanel($"{Capital(axis.Name)}: µs of CPU per message, {(IsPostgres ? "silos and PostgreSQL" : "silos")}", axis.Name,
                [Curve(axis, "silos", run => PerMessage(run, "silo")), .. IsPostgres ? (Curve[])[Curve(axis, Store, run => PerMessage(run, "postgres"))] : []]),
        ])]);

    private static string[] Kinds => ["gateway", "silo", "postgres"];

    private bool IsPostgres => options.Store == "postgres";

    private string Store => IsPostgres ? "PostgreSQL" : "SQLite";

    private static string Capital(string name) => $"{char.ToUpperInvariant(name[0])}{name[1..]}";

    /// <summary>
    /// Returns the CPU time per message of the processes of one kind, in microseconds. NaN for fewer than 100 messages:
    /// CPU time is counted in steps of 10 ms, which are too coarse for so few messages.
    /// </summary>
    private double PerMessage(ScenarioFigures run, string kind) =>
        run.Messages * options.Seconds < MinMessages ? double.NaN : run.MicrosBeyondIdle(kind) * run.Deliveries / run.Messages;

    private static string Whole(double value) => double.IsNaN(value) ? "" : value.ToString("0", CultureInfo.InvariantCulture);

    private void Write(GrowthAxis axis)
    {
        _text.AppendLine(CultureInfo.InvariantCulture, $"\n## {Capital(axis.Name)}\n\nConstant: {axis.Held}.\n");
        _text.AppendLine(CultureInfo.InvariantCulture, $"| {axis.Name} | connections | deliveries/s | messages/s | µs per delivery, all processes | gateways | µs per message, silos | {(IsPostgres ? "PostgreSQL | " : "")}cores of all processes, idle | MiB of gateways | MiB of silos | p50 | p99 | same order for all members |");
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
            _text.AppendLine(CultureInfo.InvariantCulture, $"\nNot measured on this machine: {axis.Missing}.");
        }
    }

    private Curve Curve(GrowthAxis axis, string name, Func<ScenarioFigures, double> of) => new(
        name,
        [.. axis.Points.Select(point => (X: (double)point.Value, Y: Results.Median(runs[point.Scenario.Name].Select(of)))).Where(point => point.Y >= 0)]);
}
