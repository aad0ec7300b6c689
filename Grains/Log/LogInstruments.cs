using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OrleansChat.Grains.Log;

/// <summary>What the message log counts, under the meter <c>OrleansChat.Log</c>.</summary>
internal sealed class LogInstruments
{
    public const string MeterName = "OrleansChat.Log";

    private readonly Counter<long> _rows;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _fenced;
    private readonly Counter<long> _failures;
    private readonly Histogram<int> _commitRows;
    private readonly Histogram<double> _commitDuration;

    public LogInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _rows = meter.CreateCounter<long>("orleanschat.log.append.rows", "{entry}", "Entries committed.");
        _duplicates = meter.CreateCounter<long>("orleanschat.log.append.duplicates", "{entry}", "Entries answered from the log.");
        _fenced = meter.CreateCounter<long>("orleanschat.log.append.fenced", "{append}", "Appends under a claim that is no longer the room's.");
        _failures = meter.CreateCounter<long>("orleanschat.log.append.failures", "{append}", "Appends that failed, by reason.");
        _commitRows = meter.CreateHistogram<int>("orleanschat.log.commit.rows", "{entry}", "Entries in a commit.");
        _commitDuration = meter.CreateHistogram<double>("orleanschat.log.commit.duration", "s", "How long a commit took.");
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
        { "reason", reason is LogEntryException ? "entry" : "unavailable" },
    });
}
