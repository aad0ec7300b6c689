using System.Globalization;
using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Cluster;
using OrleansChat.ChatCheck.Faults;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Reporting;

/// <summary>Prints the result of a run.</summary>
internal static class Report
{
    // Parts of log messages. A gateway's StreamHealthCheck and HeadPoller log these messages when they repair the
    // gateway's deliveries.
    private const string Resubscribing = ": resubscribing";
    private const string Repaired = " events were read from the message log";

    public static void Write(
        TextWriter output, CheckOptions options, History history, Figures figures, Nemesis nemesis, OwnCluster? cluster, IReadOnlyList<Violation> violations, long loaded)
    {
        var inLog = history.Logs.Sum(log => (long)log.Count);
        Line($"sends        {history.Sends.Count:#,0} in all, {figures.Acked:#,0} acked ({figures.Acked * 1e6 / loaded:#,0}/s over {History.At(loaded)}), {figures.Retried:#,0} of them after a retry; {inLog:#,0} in the logs");
        Line($"deliveries   {figures.Events:#,0} live; {figures.Connections:#,0} connections, {figures.Resumes:#,0} room resumes, {figures.Gaps:#,0} gaps; {figures.Reads:#,0} answers to history and who");
        Line($"counts       {history.Comparisons:#,0} comparisons: the unread messages and mentions of {history.Counts.Count:#,0} rooms in {figures.Lists:#,0} lists and in joined, and the replies of {inLog:#,0} events; {history.Counts.Dropped:#,0} rooms not kept");
        Line($"faults       {(nemesis.Done.Count == 0 ? "none" : string.Join(", ", nemesis.Done.Select(one => $"{one.Value} x {one.Key}")))}; {nemesis.Kills} kills");
        if (cluster is not null)
        {
            Line($"recovered    {cluster.Endings} processes ended unexpectedly and were restarted; {cluster.LinesWith(Resubscribing)} gateway streams resubscribed; {cluster.SumBefore(Repaired):#,0} events read from the log because the gateway stream did not deliver them; {nemesis.BadDrains} processes did not end in time with exit code 0 after SIGTERM");
        }

        Line($"not checked  {(options.Presence, options.Late) switch { (false, null) => "presence and lateness", (false, _) => "presence", (_, null) => "lateness", _ => "nothing" }}; the run received {history.Whos.Count:#,0} answers to who");
        Line($"silence      longest time without an ok at a writer {History.At(figures.WriterSilence)}, without an event at a reader {History.At(figures.ReaderSilence)}");
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

        Line($"{violations.Count} violations. seed {options.Seed}; to repeat the faults, run again with --seed {options.Seed} and the same options");
        if (cluster is not null)
        {
            output.WriteLine($"The processes' logs are in {cluster.Logs}");
        }

        void Line(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
    }
}
