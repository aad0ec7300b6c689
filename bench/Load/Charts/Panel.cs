namespace OrleansChat.Load.Charts;

/// <summary>One diagram of a chart.</summary>
/// <param name="Title">The measured quantity with its unit.</param>
internal abstract record Panel(string Title);

/// <summary>Horizontal bars that start at 0, each with its name and value.</summary>
internal sealed record BarPanel(string Title, IReadOnlyList<Bar> Bars) : Panel(Title);

/// <summary>One bar of a <see cref="BarPanel"/>.</summary>
/// <param name="IsPeer">Whether the value belongs to a server other than OrleansChat. The chart draws such a bar
/// grey.</param>
internal sealed record Bar(string Name, double Value, bool IsPeer);

/// <summary>Curves over a logarithmic horizontal axis; the vertical axis starts at 0.</summary>
/// <param name="Across">The label of the horizontal axis.</param>
internal sealed record LinePanel(string Title, string Across, IReadOnlyList<Curve> Curves) : Panel(Title);

/// <summary>One curve through points, which are ordered by X.</summary>
internal sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);
