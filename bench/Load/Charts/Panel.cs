namespace OrleansChat.Load.Charts;

/// <summary>One of a chart's pictures.</summary>
/// <param name="Title">What is shown, with its unit.</param>
internal abstract record Panel(string Title);

/// <summary>Bars beneath each other from 0 on, each with its name and its value.</summary>
internal sealed record BarPanel(string Title, IReadOnlyList<Bar> Bars) : Panel(Title);

/// <summary>A bar.</summary>
/// <param name="IsPeer">Whether it is what others are compared with, and so without a colour.</param>
internal sealed record Bar(string Name, double Value, bool IsPeer);

/// <summary>Lines over a logarithmic axis, from 0 upwards.</summary>
/// <param name="Across">What the horizontal axis counts.</param>
internal sealed record LinePanel(string Title, string Across, IReadOnlyList<Curve> Curves) : Panel(Title);

/// <summary>A line through points, in the order of their X.</summary>
internal sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);
