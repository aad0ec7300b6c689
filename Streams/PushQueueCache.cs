using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// The rings (<see cref="StreamRing"/>) of all streams of one queue. The pulling agent makes one call at a time, so no
/// locks are needed. The class never reports to Orleans that it is under pressure. If a consumer is slow, the oldest
/// events of its stream are dropped, and the other streams of the queue are not affected.
/// </summary>
internal sealed partial class PushQueueCache(
    PushStreamOptions options, StreamsInstruments instruments, TimeProvider time, ILogger<PushQueueCache> logger) : IQueueCache
{
    private readonly Dictionary<StreamId, StreamRing> _rings = [];
    private long _aged = time.GetTimestamp();

    public int BatchSize => options.BatchSize;

    public StreamsInstruments Instruments => instruments;

    /// <summary>Number of streams that have events or consumers. May be read from any thread.</summary>
    public int Streams => _rings.Count;

    public int GetMaxAddCount() => options.MaxReadCount;

    public bool IsUnderPressure() => false;

    public void AddToCache(IList<IBatchContainer> messages)
    {
        foreach (var batch in messages)
        {
            Ring(batch.StreamId).Add((PushBatch)batch);
        }
    }

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        var ring = Ring(streamId);
        return new RingCursor(ring, token is null ? ring.End : ring.Find(token.SequenceNumber), this);
    }

    /// <summary>
    /// Drops events that have no consumer. Orleans calls this method before each read. Always returns false, because no
    /// purged items have to be reported.
    /// </summary>
    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        // Drop events only once per MaxEventDeliveryTime. A new subscriber gets its cursor at the end of its handshake
        // with the agent, which may take this long. Until then, the subscriber's events must stay.
        purgedItems = [];
        if (time.GetElapsedTime(_aged) < options.MaxEventDeliveryTime)
        {
            return false;
        }

        _aged = time.GetTimestamp();
        foreach (var ring in _rings.Values)
        {
            ring.Age();
            if (ring.IsIdle)
            {
                _rings.Remove(ring.StreamId);
            }
        }

        return false;
    }

    public void OverrunBegan(StreamId streamId) => LogOverrunBegan(streamId, options.EventsPerStream);

    public void OverrunEnded(StreamId streamId, int events) => LogOverrunEnded(streamId, events);

    private StreamRing Ring(StreamId streamId)
    {
        if (!_rings.TryGetValue(streamId, out var ring))
        {
            _rings.Add(streamId, ring = new StreamRing(streamId, options.EventsPerStream));
        }

        return ring;
    }
}
