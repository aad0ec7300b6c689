using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// The position of one consumer in its stream.
/// </summary>
/// <remarks>
/// Each <see cref="MoveNext"/> takes these steps:
/// <list type="number">
/// <item>Count the events of the previous delivery as delivered. The agent calls <see cref="MoveNext"/> again only when
/// that delivery has ended.</item>
/// <item>If there are no more batches, return false.</item>
/// <item>Take the waiting batches, up to <see cref="PushStreamOptions.BatchSize"/> events. The agent sends them in one
/// call.</item>
/// <item>Release the batches that all cursors have passed. The delivery keeps its own batches for retries.</item>
/// </list>
/// If the agent gives up a delivery, it calls <see cref="RecordDeliveryFailure"/> before the next
/// <see cref="MoveNext"/>. Then the delivery counts as dropped.
/// </remarks>
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

    /// <summary>
    /// Moves to the next delivery. Never returns a cache miss. If the ring has dropped batches that this consumer had
    /// not taken (an overrun), <see cref="Overrun"/> has logged and counted them. The subscriber itself notices the gap
    /// and repairs it.
    /// </summary>
    public QueueCacheCursorMoveResult MoveNextWithResult() =>
        MoveNext() ? QueueCacheCursorMoveResult.Success : QueueCacheCursorMoveResult.NoData;

    public bool MoveNext()
    {
        // Step 1: count the previous delivery.
        CompleteDelivery(delivered: true);
        if (_disposed)
        {
            return false;
        }

        // Step 2: return if there are no more batches.
        if (Position == _ring.End)
        {
            CaughtUp();
            return false;
        }

        // Step 3: take.
        var first = Take();
        List<IBatchContainer>? more = null;
        while (Position < _ring.End && _eventsInDelivery + _ring[Position].Events.Length <= _cache.BatchSize)
        {
            (more ??= [first]).Add(Take());
        }

        _delivery = more is null ? first : new BatchContainerBatch(more);

        // Step 4: release.
        _ring.Release();
        return true;
    }

    /// <summary>Called when the agent gives up the current delivery.</summary>
    public void RecordDeliveryFailure() => CompleteDelivery(delivered: false);

    /// <summary>Called before the full ring drops its oldest batch, at <paramref name="position"/>.</summary>
    public void Overrun(long position)
    {
        if (Position > position)
        {
            return;
        }

        if (_overrun == 0)
        {
            _cache.OverrunBegan(_ring.StreamId);
        }

        var events = _ring[position].Events.Length;
        _overrun += events;
        _cache.Instruments.DroppedByOverrun(events);
        Position = position + 1;
    }

    // Nothing to do: the new events are already in the ring when the agent calls this method.
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

    private void CompleteDelivery(bool delivered)
    {
        if (_eventsInDelivery == 0)
        {
            return;
        }

        if (delivered)
        {
            _cache.Instruments.Delivered(_eventsInDelivery);
        }
        else
        {
            _cache.Instruments.DroppedUndelivered(_eventsInDelivery);
        }

        _eventsInDelivery = 0;
        _delivery = null;
    }

    private void CaughtUp()
    {
        if (_overrun == 0)
        {
            return;
        }

        _cache.OverrunEnded(_ring.StreamId, _overrun);
        _overrun = 0;
    }
}
