using System.Globalization;
using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Cluster;
using OrleansChat.ChatCheck.Faults;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Reporting;

/// <summary>The end of a run, for people.</summary>
internal static class Report
{
    // What gateways say when they mend something by themselves.
    private const string Resubscribing = "subscribing anew";
    private const string Repaired = " events were read from the log";

    public static void Write(
        TextWriter output, CheckOptions options, History history, Figures figures, Nemesis nemesis, OwnCluster? cluster, IReadOnlyList<Violation> violations, long loaded)
    {
        var inLog = history.Logs.Sum(log => (long)log.Count);
        Line($"sends        {history.Sends.Count:#,0}, {figures.Acked:#,0} acked ({figures.Acked * 1e6 / loaded:#,0}/s over {History.At(loaded)}), {figures.Retried:#,0} of them repeated; {inLog:#,0} in the log");
        Line($"deliveries   {figures.Events:#,0} as they happened; {figures.Connections:#,0} connections, {figures.Resumes:#,0} resumes of a room, {figures.Gaps:#,0} gaps; {figures.Reads:#,0} reads of history and who");
        Line($"faults       {(nemesis.Done.Count == 0 ? "none" : string.Join(", ", nemesis.Done.Select(one => $"{one.Value} x {one.Key}")))}; {nemesis.Kills} kills");
        if (cluster is not null)
        {
            Line($"by itself    {cluster.Endings} processes ended and were started again; {cluster.LinesWith(Resubscribing)} inboxes subscribed to anew; {cluster.SumBefore(Repaired):#,0} events of a room read from the log in a gateway, for the stream had not told them; {nemesis.BadDrains} SIGTERMs without exit code 0");
        }

        Line($"silence      longest of a writer {History.At(figures.WriterSilence)}, of a reader {History.At(figures.ReaderSilence)}");
        Line($"ok after     p50 {figures.Ack.At(0.5):0.0} ms, p99 {figures.Ack.At(0.99):0.0} ms; undisturbed p50 {figures.CalmAck.At(0.5):0.0} ms, p99 {figures.CalmAck.At(0.99):0.0} ms");
        Line($"event after  p50 {figures.Delivery.At(0.5):0.0} ms, p99 {figures.Delivery.At(0.99):0.0} ms; undisturbed p50 {figures.CalmDelivery.At(0.5):0.0} ms, p99 {figures.CalmDelivery.At(0.99):0.0} ms");
        output.WriteLine();

        foreach (var violation in violations)
        {
            output.WriteLine($"VIOLATION    {violation.Promise}: {violation.What}");
            foreach (var line in violation.Lines)
            {
                output.WriteLine($"             {line}");
            }
        }

        if (violations.Count == 0)
        {
            Line($"No violations. seed {options.Seed}");
            return;
        }

        Line($"{violations.Count} violations. seed {options.Seed}; run it again with --seed {options.Seed} and the same options");
        if (cluster is not null)
        {
            output.WriteLine($"The processes' logs are in {cluster.Logs}");
        }

        void Line(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
    }
}
