using System.Diagnostics.Metrics;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The meter <c>OrleansChat.Gateway.Fanout</c>: counts what the feeds deliver, and how the gateway repairs what the
/// gateway stream lost.
/// </summary>
internal sealed class FanoutInstruments
{
    public const string Meter = "OrleansChat.Gateway.Fanout";

    private readonly Counter<long> _events;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _gaps;
    private readonly Histogram<double> _gapDuration;
    private readonly Counter<long> _outOfOrder;
    private readonly Counter<long> _repairs;
    private readonly Counter<long> _repaired;
    private readonly Counter<long> _polledGaps;
    private readonly Counter<long> _attachmentSyncs;
    private readonly Counter<long> _resubscribed;
    private readonly Counter<long> _missedPresence;
    private readonly Counter<long> _repeated;
    private long _repairedEvents;

    public FanoutInstruments(IMeterFactory meters)
    {
        var meter = meters.Create(Meter);
        _events = meter.CreateCounter<long>("orleanschat.feed.events", "{event}", "Events delivered, counted once per feed.");
        _duplicates = meter.CreateCounter<long>("orleanschat.feed.duplicates", "{event}", "Duplicate events that were dropped.");
        _gaps = meter.CreateCounter<long>("orleanschat.feed.gaps", "{gap}", "Gaps that were detected: a room had events that were not delivered yet.");
        _gapDuration = meter.CreateHistogram<double>("orleanschat.feed.gap.duration", "s", "Time from detecting a gap until its events were delivered.");
        _outOfOrder = meter.CreateCounter<long>("orleanschat.feed.out_of_order", "{event}", "Events that arrived out of order and were buffered.");
        _repairs = meter.CreateCounter<long>("orleanschat.feed.repair.reads", "{read}", "Reads of the message log to repair gaps.");
        _repaired = meter.CreateCounter<long>("orleanschat.feed.repair.events", "{event}", "Events that were read from the message log to repair gaps.");
        _polledGaps = meter.CreateCounter<long>("orleanschat.feed.polled_gaps", "{gap}", "Gaps that only the head poller found.");
        _resubscribed = meter.CreateCounter<long>("orleanschat.gateway_stream.resubscriptions", "{subscription}", "Times that the gateway subscribed again because its stream was silent.");
        _missedPresence = meter.CreateCounter<long>("orleanschat.presence.missed", "{update}", "Times that presence updates were missed and requested from the room.");
        _repeated = meter.CreateCounter<long>("orleanschat.room_client.repeated_calls", "{call}", "Room calls that the gateway repeated because the cluster changed during the call.");
        _attachmentSyncs = meter.CreateCounter<long>("orleanschat.room_client.syncs", "{sync}", "Times that the attached users of a room were synchronized.");
    }

    public void Events(int events) => _events.Add(events);

    public void Duplicate() => _duplicates.Add(1);

    public void Gap() => _gaps.Add(1);

    public void Closed(TimeSpan after) => _gapDuration.Record(after.TotalSeconds);

    public void Buffered() => _outOfOrder.Add(1);

    public void Repair() => _repairs.Add(1);

    public void Repaired(int events)
    {
        _repaired.Add(events);
        Interlocked.Add(ref _repairedEvents, events);
    }

    /// <summary>
    /// Number of events that feeds read from the message log since this process started, because the gateway stream had
    /// not delivered them.
    /// </summary>
    public long RepairedEvents => Volatile.Read(ref _repairedEvents);

    public void PolledGap() => _polledGaps.Add(1);

    public void Resubscribed() => _resubscribed.Add(1);

    public void MissedPresence() => _missedPresence.Add(1);

    public void Repeated() => _repeated.Add(1);

    public void AttachmentsSynced() => _attachmentSyncs.Add(1);
}
