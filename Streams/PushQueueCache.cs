using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// The rings of one queue's streams. The agent calls it from its own turns only, so it takes no locks. It never reports pressure: a stream
/// whose consumer is slow loses its own oldest events, and the queue goes on for the others.
/// </summary>
internal sealed partial class PushQueueCache(
    PushStreamOptions options, StreamsInstruments instruments, TimeProvider time, ILogger<PushQueueCache> logger) : IQueueCache
{
    private readonly Dictionary<StreamId, StreamRing> _rings = [];
    private long _aged = time.GetTimestamp();

    public int BatchSize => options.BatchSize;

    public StreamsInstruments Instruments => instruments;

    /// <summary>Streams that events or cursors are kept for. May be read from any thread.</summary>
    public int Streams => _rings.Count;

    public int GetMaxAddCount() => options.MaxReadCount;

    public bool IsUnderPressure() => false;

    public void AddToCache(IList<IBatchContainer> messages)
    {
        foreach (var batch in messages)
            Ring(batch.StreamId).Add((PushBatch)batch);
    }

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token)
    {
        var ring = Ring(streamId);
        return new RingCursor(ring, token is null ? ring.End : ring.Find(token.SequenceNumber), this);
    }

    /// <summary>Called before each read. Purges what nobody came for; there is nobody to report it to.</summary>
    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = [];
        if (time.GetElapsedTime(_aged) < options.MaxEventDeliveryTime) // As long as a handshake is tried again, its events wait.
            return false;

        _aged = time.GetTimestamp();
        foreach (var ring in _rings.Values)
        {
            ring.Age();
            if (ring.IsIdle)
                _rings.Remove(ring.StreamId);
        }

        return false;
    }

    public void OverrunBegan(StreamId streamId) => LogOverrunBegan(streamId, options.EventsPerStream);

    public void OverrunEnded(StreamId streamId, int events) => LogOverrunEnded(streamId, events);

    private StreamRing Ring(StreamId streamId)
    {
        if (!_rings.TryGetValue(streamId, out var ring))
            _rings.Add(streamId, ring = new StreamRing(streamId, options.EventsPerStream));
        return ring;
    }
}
