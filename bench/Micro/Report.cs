using System.Globalization;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Reports;

namespace OrleansChat.Micro;

/// <summary>Writes all benchmarks of a run as one table, and the same figures as JSON.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerOptions.Web) { WriteIndented = true };

    /// <summary>
    /// Writes the table and the JSON file, whose names begin with the date. If a benchmark failed or none ran, writes
    /// nothing and returns false.
    /// </summary>
    public static async Task<bool> WriteAsync(string directory, IEnumerable<Summary> summaries)
    {
        var reports = summaries.SelectMany(summary => summary.Reports).ToArray();
        if (reports.Length == 0 || reports.Any(report => !report.Success || report.ResultStatistics is null))
        {
            return false;
        }

        Figure[] figures = [.. reports.Select(Of).OrderBy(figure => figure.What, StringComparer.Ordinal)];
        var path = Path.Combine(directory, $"{DateTime.UtcNow:yyyy-MM-dd}-micro");
        var host = HostEnvironmentInfo.GetCurrent();
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(path + ".md", Table(figures, host));
        await File.WriteAllTextAsync(path + ".json", JsonSerializer.Serialize(new { Runtime = host.RuntimeVersion, figures }, Readable) + "\n");
        Console.WriteLine($"{path}.md, {path}.json");
        return true;
    }

    private static Figure Of(BenchmarkReport report)
    {
        var benchmark = report.BenchmarkCase;
        var shape = benchmark.Parameters.Items.Select(parameter => parameter.Value).OfType<Shape>().Single();
        return new(
            benchmark.Descriptor.WorkloadMethodDisplayInfo.Trim('\''), shape.Text, shape.Items, report.ResultStatistics!.Mean, report.ResultStatistics.StandardDeviation,
            report.GcStats.GetBytesAllocatedPerOperation(benchmark) ?? 0);
    }

    private static string Table(Figure[] figures, HostEnvironmentInfo host)
    {
        var table = new StringBuilder();
        table.AppendLine(CultureInfo.InvariantCulture, $"# The parts of a message's path, {DateTime.UtcNow:yyyy-MM-dd}");
        table.AppendLine();
        table.AppendLine(CultureInfo.InvariantCulture, $"Texts of 100 bytes. {Environment.ProcessorCount} cores; {host.RuntimeVersion}. ± is the standard deviation.");
        table.AppendLine();
        table.AppendLine("| | items | time | ± | per item | allocated | per item |");
        table.AppendLine("|---|---|---:|---:|---:|---:|---:|");
        foreach (var figure in figures)
        {
            table.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {figure.What} | {figure.Of} | {Time(figure.Nanoseconds)} | {Time(figure.Deviation)} | {Time(figure.Nanoseconds / figure.Items)} | {figure.Bytes:N0} B | "
                + $"{(double)figure.Bytes / figure.Items:N1} B |"));
        }

        table.AppendLine();
        table.AppendLine("    dotnet run -c Release --project bench/Micro -- --filter '*'");
        return table.ToString();
    }

    private static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0.0} ns"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000:0.00} µs"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000_000:0.00} ms"),
    };

    private sealed record Figure(string What, string Of, int Items, double Nanoseconds, double Deviation, long Bytes);
}
