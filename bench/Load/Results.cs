using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansChat.Load;

/// <summary>How a benchmark tells what came of it.</summary>
internal static class Results
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerOptions.Web) { WriteIndented = true };

    /// <summary>What the figures were taken on.</summary>
    public static string Machine => string.Create(
        CultureInfo.InvariantCulture,
        $"{Environment.ProcessorCount} cores shared by all; {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription.Split('#')[0].Trim()}.");

    /// <summary>The middle one.</summary>
    public static double Median(IEnumerable<double> of)
    {
        var sorted = of.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }

    /// <summary>How a goal stands in a table.</summary>
    public static string Holds(bool holds) => holds ? "holds" : "**does not hold**";

    /// <summary>Prints the report and writes it with its figures, under the date and this name.</summary>
    public static Task WriteAsync(string directory, string name, string report, object figures, CancellationToken cancellationToken) =>
        WriteAsync(directory, name, report, figures, chart: null, cancellationToken);

    /// <summary>The same with a picture, as SVG, which the report shows beneath its first line.</summary>
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
