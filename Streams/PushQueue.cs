using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// Publishes of this silo on their way to the agent that delivers them. Any number of producers, one reader. Bounded: a producer that finds
/// it full waits, then fails by name.
/// </summary>
internal sealed partial class PushQueue(
    string name, PushStreamOptions options, StreamsInstruments instruments, TimeProvider time, ILogger<PushQueue> logger)
{
    private readonly Channel<PushBatch> _waiting = Channel.CreateBounded<PushBatch>(
        new BoundedChannelOptions(options.QueueCapacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private Task? _arrival;
    private long _sequence;

    /// <summary>Publishes that wait.</summary>
    public int Length => _waiting.Reader.Count;

    public bool IsStopped { get; private set; }

    /// <summary>Completes when the batch has its place, which is its place in the stream's order.</summary>
    /// <exception cref="StreamQueueFullException">There was no room in time.</exception>
    /// <exception cref="StreamQueueStoppedException">The queue is stopped.</exception>
    public Task EnqueueAsync(PushBatch batch)
    {
        // No publish can overtake one that waits: as long as any waits, the queue is full.
        if (!_waiting.Writer.TryWrite(batch))
            return WaitForRoomAsync(batch);

        instruments.Published(batch.Events.Length);
        return Task.CompletedTask;
    }

    private async Task WaitForRoomAsync(PushBatch batch)
    {
        if (IsStopped)
            throw new StreamQueueStoppedException(name);

        instruments.EnqueueWaited();
        using var expiry = new CancellationTokenSource(options.EnqueueTimeout, time);
        try
        {
            await _waiting.Writer.WriteAsync(batch, expiry.Token);
        }
        catch (OperationCanceledException)
        {
            instruments.EnqueueTimedOut();
            LogFull(name, options.QueueCapacity, options.EnqueueTimeout.TotalMilliseconds);
            throw new StreamQueueFullException(name, options.QueueCapacity, options.EnqueueTimeout);
        }
        catch (ChannelClosedException)
        {
            throw new StreamQueueStoppedException(name);
        }

        instruments.Published(batch.Events.Length);
    }

    /// <summary>
    /// Takes what waits, at most <paramref name="limit"/>. When nothing waits, completes as soon as something does; empty after
    /// <see cref="PushStreamOptions.IdleWait"/>, when the queue stops or when cancelled. Never throws.
    /// </summary>
    public async Task<IList<IBatchContainer>> ReadAsync(int limit, CancellationToken cancellationToken)
    {
        if (_waiting.Reader.Count == 0)
        {
            // The channel's wait outlives ours and is taken up again by the next read, so that an idle queue neither throws nor cancels.
            _arrival ??= _waiting.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            await _arrival.WaitAsync(options.IdleWait, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (_arrival.IsCompleted)
                _arrival = null;
        }

        var batches = new List<IBatchContainer>();
        while (batches.Count < limit && _waiting.Reader.TryRead(out var batch))
        {
            batch.Sequence = ++_sequence; // Here, not by the producers: one reader makes it rise in the order of the queue.
            batches.Add(batch);
        }

        return batches;
    }

    /// <summary>Ends the queue. What waits is lost and counted; producers that wait, and later ones, fail by name.</summary>
    public void Stop()
    {
        IsStopped = true;
        if (!_waiting.Writer.TryComplete())
            return;

        var lost = 0;
        while (_waiting.Reader.TryRead(out var batch))
            lost += batch.Events.Length;

        instruments.DroppedByStop(lost);
        LogStopped(name, lost);
    }
}
