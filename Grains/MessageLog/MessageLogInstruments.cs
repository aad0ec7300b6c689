using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansChat.Grains.MessageLog;

/// <summary>The metrics of the message log, under the meter <c>OrleansChat.MessageLog</c>.</summary>
internal sealed class MessageLogInstruments
{
    public const string MeterName = "OrleansChat.MessageLog";

    private readonly Counter<long> _rows;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _fenced;
    private readonly Counter<long> _failures;
    private readonly Histogram<int> _commitRows;
    private readonly Histogram<double> _commitDuration;

    public MessageLogInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _rows = meter.CreateCounter<long>("orleanschat.message_log.append.entries", "{entry}", "Entries committed.");
        _duplicates = meter.CreateCounter<long>(
            "orleanschat.message_log.append.duplicates", "{entry}", "Entries that were already in the log.");
        _fenced = meter.CreateCounter<long>(
            "orleanschat.message_log.append.fenced", "{append}", "Appends under a stale claim.");
        _failures = meter.CreateCounter<long>("orleanschat.message_log.append.failures", "{append}", "Appends that failed, by reason.");
        _commitRows = meter.CreateHistogram<int>("orleanschat.message_log.commit.entries", "{entry}", "Entries in a commit.");
        _commitDuration = meter.CreateHistogram<double>(
            "orleanschat.message_log.commit.duration", "s", "Duration of a commit.");
    }

    public void Committed(int entries, TimeSpan duration)
    {
        _commitRows.Record(entries);
        _commitDuration.Record(duration.TotalSeconds);
    }

    public void Answered(AppendResult result)
    {
        if (result.Fenced)
        {
            _fenced.Add(1);
            return;
        }

        var duplicates = 0;
        foreach (var entry in result.Entries)
        {
            duplicates += entry.Duplicate ? 1 : 0;
        }

        _rows.Add(result.Entries.Count - duplicates);
        if (duplicates > 0)
        {
            _duplicates.Add(duplicates);
        }
    }

    public void Failed(Exception reason) => _failures.Add(1, new TagList
    {
        { "reason", reason is MessageLogEntryException ? "entry" : "unavailable" },
    });
}
