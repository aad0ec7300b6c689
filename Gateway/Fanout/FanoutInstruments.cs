using System.Diagnostics.Metrics;

namespace OrleansChat.Gateway.Fanout;

/// <summary>The meter <c>OrleansChat.Gateway.Fanout</c>: what the inbox loses, and what it costs.</summary>
internal sealed class FanoutInstruments
{
    /// <summary>The meter's name.</summary>
    public const string Meter = "OrleansChat.Gateway.Fanout";

    private readonly Counter<long> _events;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _holes;
    private readonly Histogram<double> _holeDelay;
    private readonly Counter<long> _held;
    private readonly Counter<long> _repairs;
    private readonly Counter<long> _repaired;
    private readonly Counter<long> _beacons;
    private readonly Counter<long> _attended;
    private readonly Counter<long> _resubscribed;
    private readonly Counter<long> _missedNotices;
    private readonly Counter<long> _repeated;
    private long _repairedEvents;

    public FanoutInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(Meter);
        _events = meter.CreateCounter<long>("orleanschat.feed.events", "{events}", "Events handed to subscriptions, once a feed.");
        _duplicates = meter.CreateCounter<long>("orleanschat.feed.duplicates", "{events}", "Events that came twice and were dropped.");
        _holes = meter.CreateCounter<long>("orleanschat.feed.holes", "{holes}", "Times that the inbox had not told what a room had got to.");
        _holeDelay = meter.CreateHistogram<double>("orleanschat.feed.hole_delay", "ms", "From noticing a hole until everything in it was handed on.");
        _held = meter.CreateCounter<long>("orleanschat.feed.held", "{events}", "Events that came early and were kept until those before them came.");
        _repairs = meter.CreateCounter<long>("orleanschat.feed.repairs", "{reads}", "Reads of the log to close holes.");
        _repaired = meter.CreateCounter<long>("orleanschat.feed.repaired", "{events}", "Events read from the log to close holes.");
        _beacons = meter.CreateCounter<long>("orleanschat.feed.beacon_repairs", "{times}", "Heads that only the beacon told.");
        _resubscribed = meter.CreateCounter<long>("orleanschat.inbox.resubscribed", "{times}", "Times the inbox was silent and subscribed to anew.");
        _missedNotices = meter.CreateCounter<long>("orleanschat.feed.missed_notices", "{times}", "Times that notices of comings and goings were missed and asked for.");
        _repeated = meter.CreateCounter<long>("orleanschat.room.repeated", "{calls}", "Calls repeated because the silos changed while they were under way.");
        _attended = meter.CreateCounter<long>("orleanschat.room.attended", "{times}", "Rooms told anew who is attached here.");
    }

    /// <summary>Handed on.</summary>
    public void Events(int events) => _events.Add(events);

    /// <summary>Came twice.</summary>
    public void Duplicate() => _duplicates.Add(1);

    /// <summary>A hole was noticed.</summary>
    public void Hole() => _holes.Add(1);

    /// <summary>A hole was closed, so long after it was noticed.</summary>
    public void Closed(TimeSpan after) => _holeDelay.Record(after.TotalMilliseconds);

    /// <summary>An event came early.</summary>
    public void Held() => _held.Add(1);

    /// <summary>The log was read.</summary>
    public void Repair() => _repairs.Add(1);

    /// <summary>Handed on from the log.</summary>
    public void Repaired(int events)
    {
        _repaired.Add(events);
        Interlocked.Add(ref _repairedEvents, events);
    }

    /// <summary>Events handed on from the log since the start, because the inbox had not told them.</summary>
    public long RepairedEvents => Volatile.Read(ref _repairedEvents);

    /// <summary>The beacon told more than the inbox had.</summary>
    public void Beacon() => _beacons.Add(1);

    /// <summary>The inbox was silent.</summary>
    public void Resubscribed() => _resubscribed.Add(1);

    /// <summary>A notice of comings and goings did not come.</summary>
    public void MissedNotice() => _missedNotices.Add(1);

    /// <summary>A call was given up and repeated.</summary>
    public void Repeated() => _repeated.Add(1);

    /// <summary>A room was told who is attached.</summary>
    public void Attended() => _attended.Add(1);
}
