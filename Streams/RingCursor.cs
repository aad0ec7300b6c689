using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// How far one consumer has come in its stream. Each <see cref="MoveNext"/> takes what waits, up to a delivery's size, and the agent sends
/// that in one call; by calling again it says that the call is over.
/// </summary>
internal sealed class RingCursor : IQueueCacheCursor
{
    private readonly StreamRing _ring;
    private readonly PushQueueCache _cache;
    private IBatchContainer? _delivery;
    private int _eventsInDelivery;
    private int _overrun;
    private bool _disposed;

    public RingCursor(StreamRing ring, long position, PushQueueCache cache)
    {
        (_ring, _cache, Position) = (ring, cache, position);
        ring.Attach(this);
    }

    /// <summary>The position of the next batch to take.</summary>
    public long Position { get; private set; }

    public IBatchContainer? GetCurrent(out Exception? exception)
    {
        exception = null;
        return _delivery;
    }

    public bool MoveNext()
    {
        Settle(delivered: true);
        if (_disposed)
            return false;

        if (Position == _ring.End)
        {
            CaughtUp();
            return false;
        }

        var first = Take();
        List<IBatchContainer>? more = null;
        while (Position < _ring.End && _eventsInDelivery + _ring[Position].Events.Length <= _cache.BatchSize)
            (more ??= [first]).Add(Take());

        _delivery = more is null ? first : new BatchContainerBatch(more);
        _ring.Release(); // The delivery keeps what it needs for its retries.
        return true;
    }

    /// <summary>The agent gave up on the current delivery.</summary>
    public void RecordDeliveryFailure() => Settle(delivered: false);

    /// <summary>The ring is about to let go of its oldest batch, at <paramref name="position"/>.</summary>
    public void Overrun(long position)
    {
        if (Position > position)
            return;

        if (_overrun == 0)
            _cache.OverrunBegan(_ring.StreamId);
        var events = _ring[position].Events.Length;
        _overrun += events;
        _cache.Instruments.DroppedByOverrun(events);
        Position = position + 1;
    }

    // New events are in the ring already when the agent calls.
    public void Refresh(StreamSequenceToken token)
    {
    }

    public void Dispose()
    {
        _disposed = true;
        _ring.Detach(this);
    }

    private PushBatch Take()
    {
        var batch = _ring[Position++];
        _eventsInDelivery += batch.Events.Length;
        return batch;
    }

    private void Settle(bool delivered)
    {
        if (_eventsInDelivery == 0)
            return;

        if (delivered)
            _cache.Instruments.Delivered(_eventsInDelivery);
        else
            _cache.Instruments.DroppedUndelivered(_eventsInDelivery);
        _eventsInDelivery = 0;
        _delivery = null;
    }

    private void CaughtUp()
    {
        if (_overrun == 0)
            return;

        _cache.OverrunEnded(_ring.StreamId, _overrun);
        _overrun = 0;
    }
}
