using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansChat.Load;

/// <summary>Writes the reports of the benchmarks.</summary>
internal static class Results
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerOptions.Web) { WriteIndented = true };

    /// <summary>The machine on which the figures were measured, as a sentence.</summary>
    public static string Machine => string.Create(
        CultureInfo.InvariantCulture,
        $"{Environment.ProcessorCount} cores shared by all processes; {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription.Split('#')[0].Trim()}.");

    /// <summary>
    /// Returns the median; for an even number of values, the larger of the two in the middle; NaN if there are no
    /// values.
    /// </summary>
    public static double Median(IEnumerable<double> of)
    {
        var sorted = of.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }

    /// <summary>Returns whether a goal is met, as text for a table.</summary>
    public static string Holds(bool holds) => holds ? "met" : "**not met**";

    /// <summary>
    /// Prints the report, and writes the report and its figures to files named by the date and <paramref name="name"/>.
    /// </summary>
    public static Task WriteAsync(string directory, string name, string report, object figures, CancellationToken cancellationToken) =>
        WriteAsync(directory, name, report, figures, chart: null, cancellationToken);

    /// <summary>
    /// Like the other overload, but also writes a chart as SVG. The report shows the chart below its first line.
    /// </summary>
    public static async Task WriteAsync(
        string directory, string name, string report, object figures, string? chart, CancellationToken cancellationToken)
    {
        Console.WriteLine();
        Console.WriteLine(report);
        Directory.CreateDirectory(directory);
        var dated = $"{DateTime.UtcNow:yyyy-MM-dd}-{name}";
        var path = Path.Combine(directory, dated);
        if (chart is not null)
        {
            await File.WriteAllTextAsync(path + ".svg", chart, cancellationToken);
            report = report.Insert(report.IndexOf('\n', StringComparison.Ordinal) + 1, $"\n![{name}]({dated}.svg)\n");
        }

        await File.WriteAllTextAsync(path + ".md", report, cancellationToken);
        await File.WriteAllTextAsync(path + ".json", JsonSerializer.Serialize(figures, Readable) + "\n", cancellationToken);
    }
}
