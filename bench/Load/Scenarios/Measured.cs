namespace OrleansChat.Load.Scenarios;

/// <summary>
/// Defines a figure: the scenario that measures it, its name, its format, and how it is read from a run.
/// </summary>
/// <param name="Words">The name of the figure with its unit.</param>
/// <param name="Of">Reads the figure from a run; null for the memory of an idle connection, which
/// <see cref="IdleRun"/> measures.</param>
internal sealed record Figure(string Scenario, string Words, string Format, Func<ScenarioFigures, double>? Of);

/// <summary>What a comparison has measured so far: one value for each setting, scenario and round.</summary>
internal sealed class Measured
{
    private readonly Dictionary<(string Setting, string Scenario), List<ScenarioFigures>> _runs = [];
    private readonly Dictionary<string, List<double>> _idle = [];

    /// <summary>All values, for the JSON file.</summary>
    public object Everything => new { figures = _runs.Select(of => new { of.Key.Setting, of.Key.Scenario, runs = of.Value }), idleKiB = _idle };

    public void Add(string setting, string scenario, ScenarioFigures run) => Of(_runs, (setting, scenario)).Add(run);

    /// <summary>Adds the memory per idle connection, in KiB.</summary>
    public void Add(string setting, double idle) => Of(_idle, setting).Add(idle);

    /// <summary>Returns the runs of a setting in a scenario; empty if the setting does not run the scenario.</summary>
    public IReadOnlyList<ScenarioFigures> Runs(string setting, string scenario) => _runs.GetValueOrDefault((setting, scenario), []);

    /// <summary>Returns the values of a figure, by round; empty if the figure was not measured.</summary>
    public IReadOnlyList<double> Values(string setting, Figure figure) =>
        figure.Of is { } of ? [.. Runs(setting, figure.Scenario).Select(of)] : _idle.GetValueOrDefault(setting, []);

    /// <summary>Returns the median of a figure over the rounds; null if the figure was not measured.</summary>
    public double? Median(string setting, Figure figure) => Values(setting, figure) is { Count: > 0 } values ? Results.Median(values) : null;

    /// <summary>
    /// In each round, one setting's value is divided by the other setting's value. Returns the median of these ratios;
    /// null if one of the two settings was not measured.
    /// </summary>
    public double? Ratio(string setting, string other, Figure figure) =>
        Values(setting, figure).Zip(Values(other, figure), (one, two) => one / two).ToArray() is { Length: > 0 } ratios ? Results.Median(ratios) : null;

    private static List<TValue> Of<TKey, TValue>(Dictionary<TKey, List<TValue>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists[key] = list = [];
        }

        return list;
    }
}
