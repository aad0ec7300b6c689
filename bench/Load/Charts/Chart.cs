using System.Globalization;
using System.Security;
using System.Text;

namespace OrleansChat.Load.Charts;

/// <summary>
/// Draws panels, two per row, as SVG that follows the reader's light or dark theme. The same panels give the same SVG
/// on every machine.
/// </summary>
internal sealed class Chart
{
    private const int Width = 960;
    private const int Margin = 28;
    private const int PanelWidth = (Width - (3 * Margin)) / 2;
    private const int BarHeight = 16;
    private const int BarStep = 25;
    private const int BarNames = 124;
    private const int Values = 60;
    private const int Title = 30;
    private const int Plot = 150;
    private const int Legend = 24;
    private const int Axis = 42;

    // No CSS variables: not every SVG viewer supports them.
    private const string Style = """
        <style>
        text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
        .head { font-size: 17px; font-weight: 600 } .title { font-size: 13px; font-weight: 600 } .faint { fill: #59636e; font-size: 11px } .value { fill: currentColor; font-size: 11px }
        .paper { fill: #ffffff } .grid { stroke: #d8dee4 } .curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round } .fill { fill: currentColor } .dot { fill: currentColor; stroke: #ffffff }
        .c0 { color: #0969da } .c1 { color: #bc4c00 } .c2 { color: #1a7f37 } .c3 { color: #8250df } .peer { color: #8c959f }
        @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3 } .faint { fill: #9198a1 } .value { fill: currentColor } .paper { fill: #0d1117 } .grid { stroke: #30363d } .dot { stroke: #0d1117 }
        .c0 { color: #4493f8 } .c1 { color: #f0883e } .c2 { color: #3fb950 } .c3 { color: #ab7df8 } .peer { color: #6e7681 } }
        </style>
        """;

    private readonly StringBuilder _svg = new();

    private Chart()
    {
    }

    /// <summary>Draws the panels and returns the SVG.</summary>
    /// <param name="head">The title above all panels.</param>
    public static string Draw(string head, IReadOnlyList<Panel> panels)
    {
        var chart = new Chart();
        var top = (2 * Margin) + 8;
        foreach (var row in panels.Chunk(2))
        {
            for (var i = 0; i < row.Length; i++)
            {
                chart.Draw(row[i], Margin + (i * (PanelWidth + Margin)), top);
            }

            top += row.Max(HeightOf) + Margin;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{top}\" viewBox=\"0 0 {Width} {top}\" role=\"img\" aria-label=\"{Escaped(head)}\">\n{Style}\n"
            + $"<rect class=\"paper\" width=\"{Width}\" height=\"{top}\" rx=\"8\"/>\n<text class=\"head\" x=\"{Margin}\" y=\"{Margin + 12}\">{Escaped(head)}</text>\n{chart._svg}</svg>\n");
    }

    private static int HeightOf(Panel panel) => panel switch
    {
        BarPanel bars => Title + (bars.Bars.Count * BarStep),
        LinePanel => Title + Legend + Plot + Axis,
        _ => throw new ArgumentOutOfRangeException(nameof(panel)),
    };

    private void Draw(Panel panel, int left, int top)
    {
        Text(left, top + 12, "title", panel.Title);
        switch (panel)
        {
            case BarPanel bars:
                Draw(bars, left, top + Title);
                break;
            case LinePanel lines:
                Draw(lines, left, top + Title);
                break;
        }
    }

    private void Draw(BarPanel panel, int left, int top)
    {
        var most = panel.Bars.Max(bar => bar.Value);
        foreach (var bar in panel.Bars)
        {
            var length = most > 0 ? Math.Max(1, bar.Value / most * (PanelWidth - BarNames - Values)) : 1;
            Text(left, top + 13, "name", bar.Name);
            Add($"<rect class=\"{(bar.IsPeer ? "peer" : "c0")} fill\" x=\"{left + BarNames}\" y=\"{top}\" width=\"{length:0.#}\" height=\"{BarHeight}\" rx=\"2\"/>");
            Text(left + BarNames + length + 6, top + 13, "name", Short(bar.Value));
            top += BarStep;
        }
    }

    private void Draw(LinePanel panel, int left, int top)
    {
        const int Labels = 34;
        var xs = panel.Curves.SelectMany(curve => curve.Points).Select(point => point.X).Distinct().Order().ToArray();
        var step = Nice(panel.Curves.SelectMany(curve => curve.Points).Max(point => point.Y) / 3.6);
        var most = Math.Ceiling(panel.Curves.SelectMany(curve => curve.Points).Max(point => point.Y) * 1.1 / step) * step;
        var bottom = top + Legend + Plot;
        double X(double value) => left + Labels + 24 + (xs.Length < 2 ? 0 : Math.Log(value / xs[0]) / Math.Log(xs[^1] / xs[0]) * (PanelWidth - Labels - 48));
        double Y(double value) => bottom - (value / most * Plot);

        for (var i = 0; i * step <= most * 1.001; i++)
        {
            Add($"<path class=\"grid\" d=\"M{left + Labels} {Y(i * step):0.#}H{left + PanelWidth}\"/>");
            Text(left + Labels - 6, Y(i * step) + 4, "faint", Short(i * step), "end");
        }

        foreach (var x in xs)
        {
            Text(X(x), bottom + 17, "faint", x.ToString("#,0", CultureInfo.InvariantCulture), "middle");
        }

        Text(left + Labels + ((PanelWidth - Labels) / 2.0), bottom + 34, "faint", panel.Across, "middle");
        for (var (i, at) = (0, (double)left + Labels); i < panel.Curves.Count; at += 30 + (7 * panel.Curves[i++].Name.Length))
        {
            Add($"<g class=\"c{i % 4}\"><circle class=\"fill\" cx=\"{at + 5:0.#}\" cy=\"{top + 4}\" r=\"4.5\"/></g>");
            Text(at + 15, top + 8, "name", panel.Curves[i].Name);
            Draw(panel.Curves[i], i, X, Y, point => panel.Curves.Any(curve => curve.Points.Any(other => other.X == point.X && other.Y > point.Y)));
        }
    }

    private void Draw(Curve curve, int number, Func<double, double> x, Func<double, double> y, Predicate<(double X, double Y)> isBelowAnother)
    {
        var path = string.Join('L', curve.Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{x(point.X):0.#} {y(point.Y):0.#}")));
        Add($"<g class=\"c{number % 4}\"><path class=\"curve\" d=\"M{path}\"/>");
        foreach (var point in curve.Points)
        {
            Add($"<circle class=\"dot\" cx=\"{x(point.X):0.#}\" cy=\"{y(point.Y):0.#}\" r=\"4\"/>");
            Text(x(point.X), y(point.Y) + (isBelowAnother(point) ? 18 : -9), "value", Short(point.Y), "middle");
        }

        Add($"</g>");
    }

    private void Text(double x, double y, string style, string text, string anchor = "start") =>
        Add($"<text class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{Escaped(text)}</text>");

    private void Add(FormattableString element) => _svg.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Escaped(string text) => SecurityElement.Escape(text);

    /// <summary>Returns the number as text, with about three digits; k means thousands and M means millions.</summary>
    private static string Short(double value) => value switch
    {
        >= 999_500 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.##} M"),
        >= 9_995 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.#} k"),
        >= 99.95 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 9.995 => value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 0.9995 => value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };

    /// <summary>
    /// Returns the smallest number of the series …, 1, 2, 5, 10, 20, … that is at least <paramref name="step"/>.
    /// </summary>
    private static double Nice(double step)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(step, 1e-9))));
        return power * (step / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }
}
