using System.Diagnostics.Metrics;

namespace OrleansChat.Streams;

/// <summary>
/// The metrics of one stream provider, tagged with its name. For each consumer, a published event is counted at most
/// once, as delivered or as dropped.
/// </summary>
internal sealed class StreamsInstruments
{
    public const string MeterName = "OrleansChat.Streams";

    private readonly KeyValuePair<string, object?> _provider;
    private readonly Counter<long> _published;
    private readonly Counter<long> _delivered;
    private readonly Histogram<int> _deliverySize;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _enqueueWaits;
    private readonly Counter<long> _enqueueTimeouts;
    private readonly Meter _meter;

    public StreamsInstruments(IMeterFactory meters, string provider)
    {
        _provider = new("provider", provider);
        _meter = meters.Create(MeterName);
        _published = _meter.CreateCounter<long>(
            "orleanschat.streams.events.published", "{event}", "Events accepted from producers.");
        _delivered = _meter.CreateCounter<long>(
            "orleanschat.streams.events.delivered", "{event}", "Events delivered to a consumer.");
        _deliverySize = _meter.CreateHistogram<int>(
            "orleanschat.streams.delivery.size", "{event}", "Events in one delivery call.");
        _dropped = _meter.CreateCounter<long>(
            "orleanschat.streams.events.dropped", "{event}", "Events dropped before they reached a consumer; tag reason: overrun, undelivered or stop.");
        _enqueueWaits = _meter.CreateCounter<long>(
            "orleanschat.streams.enqueue.waits", "{publish}", "Publishes that had to wait because their queue was full.");
        _enqueueTimeouts = _meter.CreateCounter<long>(
            "orleanschat.streams.enqueue.timeouts", "{publish}", "Publishes refused because their queue stayed full.");
    }

    public void Published(int events) => _published.Add(events, _provider);

    public void Delivered(int events)
    {
        _delivered.Add(events, _provider);
        _deliverySize.Record(events, _provider);
    }

    public void DroppedByOverrun(int events) => Dropped(events, "overrun");

    public void DroppedUndelivered(int events) => Dropped(events, "undelivered");

    public void DroppedByStop(int events) => Dropped(events, "stop");

    public void EnqueueWaited() => _enqueueWaits.Add(1, _provider);

    public void EnqueueTimedOut() => _enqueueTimeouts.Add(1, _provider);

    /// <summary>Adds gauges for the lengths of the queues and the number of streams.</summary>
    public void Observe(Func<IEnumerable<int>> queueLengths, Func<int> streams)
    {
        _meter.CreateObservableGauge(
            "orleanschat.streams.queue.length",
            () => queueLengths().Select((length, queue) => new Measurement<int>(length, _provider, new("queue", queue))),
            "{publish}",
            "Publishes waiting in a queue.");
        _meter.CreateObservableGauge(
            "orleanschat.streams.streams", () => new Measurement<int>(streams(), _provider), "{stream}", "Streams that have events or consumers.");
    }

    private void Dropped(int events, string reason)
    {
        if (events > 0)
        {
            _dropped.Add(events, _provider, new("reason", reason));
        }
    }
}
