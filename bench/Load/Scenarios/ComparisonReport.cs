using System.Globalization;
using System.Text;
using OrleansChat.Load.Charts;

namespace OrleansChat.Load.Scenarios;

/// <summary>The report of a <see cref="Comparison"/>: the goals, all figures, and a chart.</summary>
internal sealed class ComparisonReport(ComparisonOptions options, IReadOnlyList<string> settings, IReadOnlyList<Scenario> scenarios, Measured measured)
{
    private readonly StringBuilder _text = new();

    /// <summary>Returns the report as Markdown. Call this method only once.</summary>
    public string Write()
    {
        _text.AppendLine(CultureInfo.InvariantCulture, $"# {options.Name}, {DateTime.UtcNow:yyyy-MM-dd}\n");
        _text.AppendLine(
            CultureInfo.InvariantCulture,
            $"OrleansChat is compared with a SignalR hub, which is one process and stores nothing. OrleansChat has one silo and one gateway, unless a row says otherwise, and stores every message before it delivers the message. "
            + $"All clients are in another process. A message has {Marker.Bytes} bytes. A delivery is one message that one member receives. The sender receives its messages too. Each figure is the median of {options.Runs} rounds. Each round "
            + $"measures every server. After each start of a server, every kind of load runs for {options.ServerWarmUpSeconds} s without measurement. Each measurement lasts {options.Seconds} s, after {options.WarmUpSeconds} s of the same load. {Results.Machine} "
            + $"Every delivery was checked: none was lost or doubled, and each sender's messages arrived in order. CPU is the user and kernel time of the processes.\n");
        WriteGoals();
        WriteEverything();
        foreach (var scenario in scenarios)
        {
            _text.AppendLine(CultureInfo.InvariantCulture, $"- {scenario.Name}: {scenario.Words}");
        }

        _text.AppendLine(CultureInfo.InvariantCulture, $"\n    dotnet run -c Release --project bench/Load -- {options.Name} --runs {options.Runs} --seconds {options.Seconds}");
        return _text.ToString();
    }

    /// <summary>Returns the chart as SVG: one panel for each figure, one bar for each setting.</summary>
    public string Draw() => Chart.Draw(
        $"{options.Name}, {DateTime.UtcNow:yyyy-MM-dd}: OrleansChat and SignalR",
        [.. Goal.Figures.All.Where(IsMeasured).Select(figure => new BarPanel(
            $"{figure.Scenario}: {figure.Words}",
            [.. settings.Where(setting => measured.Median(setting, figure) is not null).Select(
                setting => new Bar(setting, measured.Median(setting, figure)!.Value, setting is Comparison.SignalR or Comparison.Peer))]))]);

    private void WriteGoals()
    {
        var hasPeer = options.Peer is not null;
        _text.AppendLine(CultureInfo.InvariantCulture, $"| | OrleansChat | SignalR | {(hasPeer ? "peer | " : "")}relative to SignalR | goal | |");
        _text.AppendLine(CultureInfo.InvariantCulture, $"|---|---|---|{(hasPeer ? "---|" : "")}---|---|---|");
        foreach (var goal in Goal.All.Where(goal => measured.Median(goal.Setting, goal.Figure) is not null))
        {
            var ratio = measured.Ratio(goal.Setting, Comparison.SignalR, goal.Figure);
            var holds = ratio is { } found ? Results.Holds(goal.IsMetBy(found)) : "not measured";
            _text.AppendLine(
            CultureInfo.InvariantCulture,
                $"| {goal.Figure.Scenario}, {goal.Setting}: {goal.Figure.Words} | {Value(goal.Setting, goal.Figure)} | {Value(Comparison.SignalR, goal.Figure)} | {(hasPeer ? $"{Value(Comparison.Peer, goal.Figure)} | " : "")}"
                + $"x {ratio:0.00} | at {(goal.AtLeast ? "least" : "most")} x {goal.Ratio:0.00} | {holds} |");
        }

        _text.AppendLine();
    }

    private void WriteEverything()
    {
        if (scenarios.Count > 0)
        {
            _text.AppendLine(CultureInfo.InvariantCulture, $"| | | deliveries/s | messages/s | µs of CPU per delivery | by process | p50 | p99 | deliveries per frame | same order for all members | cores of the client process |");
            _text.AppendLine(CultureInfo.InvariantCulture, $"|---|---|---|---|---|---|---|---|---|---|---|");
        }

        foreach (var scenario in scenarios)
        {
            foreach (var setting in settings)
            {
                if (measured.Runs(setting, scenario.Name) is { Count: > 0 } runs)
                {
                    double Of(Func<ScenarioFigures, double> what) => Results.Median(runs.Select(what));
                    var parts = string.Join(", ", runs[0].MicrosPerDelivery.Keys.Select(
                        name => string.Create(CultureInfo.InvariantCulture, $"{name} {Of(run => run.MicrosPerDelivery[name]):0.000}")));
                    _text.AppendLine(
            CultureInfo.InvariantCulture,
                        $"| {scenario.Name} | {setting} | {Of(run => run.Deliveries):0} | {Of(run => run.Messages):0} | {Of(run => run.Micros):0.000} | {parts} | {Of(run => run.P50):0.00} ms | {Of(run => run.P99):0.00} ms "
                        + $"| {Of(run => run.PerFrame):0.0} | {(runs.All(run => run.OneOrder) ? "yes" : "no")} | {Of(run => run.OwnCores):0.00} |");
                }
            }
        }

        if (scenarios.Count > 0)
        {
            _text.AppendLine();
        }
    }

    private bool IsMeasured(Figure figure) => settings.Any(setting => measured.Median(setting, figure) is not null);

    private string Value(string setting, Figure figure) => measured.Median(setting, figure)?.ToString(figure.Format, CultureInfo.InvariantCulture) ?? "";
}
