namespace OrleansChat.Load.Scenarios;

/// <summary>A figure of one scenario.</summary>
/// <param name="Of">How a run tells it; null for the memory of an idle connection, which is no run's.</param>
internal sealed record Figure(string Scenario, string Words, string Format, Func<ScenarioFigures, double>? Of);

/// <summary>What a comparison has measured so far, one value for each round.</summary>
internal sealed class Measured
{
    private readonly Dictionary<(string Setting, string Scenario), List<ScenarioFigures>> _runs = [];
    private readonly Dictionary<string, List<double>> _idle = [];

    /// <summary>All of it, to be kept.</summary>
    public object Everything => new { figures = _runs.Select(of => new { of.Key.Setting, of.Key.Scenario, runs = of.Value }), idleKiB = _idle };

    /// <summary>Adds a run.</summary>
    public void Add(string setting, string scenario, ScenarioFigures run) => Of(_runs, (setting, scenario)).Add(run);

    /// <summary>Adds KiB of memory of an idle connection.</summary>
    public void Add(string setting, double idle) => Of(_idle, setting).Add(idle);

    /// <summary>The runs of a setting in a scenario; none where it was not put through it.</summary>
    public IReadOnlyList<ScenarioFigures> Runs(string setting, string scenario) => _runs.GetValueOrDefault((setting, scenario), []);

    /// <summary>A figure, by rounds; none where it was not measured.</summary>
    public IReadOnlyList<double> Values(string setting, Figure figure) =>
        figure.Of is { } of ? [.. Runs(setting, figure.Scenario).Select(of)] : _idle.GetValueOrDefault(setting, []);

    /// <summary>Its median; null where it was not measured.</summary>
    public double? Median(string setting, Figure figure) => Values(setting, figure) is { Count: > 0 } values ? Results.Median(values) : null;

    /// <summary>The median of what one setting has against another in the same round; null where one of them was not measured.</summary>
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
