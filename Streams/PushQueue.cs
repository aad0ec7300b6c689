using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// A bounded queue of publishes on this silo. Any number of producers add to the queue. One pulling agent reads from
/// it.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Enqueue (<see cref="EnqueueAsync"/>): add the batch. If the queue is full, the producer waits up to
/// <see cref="PushStreamOptions.EnqueueTimeout"/>, then gets <see cref="StreamQueueFullException"/>.</item>
/// <item>Wait (<see cref="ReadAsync"/>): the agent waits for a batch, up to
/// <see cref="PushStreamOptions.IdleWait"/>.</item>
/// <item>Read: the agent takes the waiting batches and numbers them in the order of the queue.</item>
/// </list>
/// </remarks>
internal sealed partial class PushQueue(
    string name, PushStreamOptions options, StreamsInstruments instruments, TimeProvider time, ILogger<PushQueue> logger)
{
    private readonly Channel<PushBatch> _waiting = Channel.CreateBounded<PushBatch>(
        new BoundedChannelOptions(options.QueueCapacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private Task? _arrival;
    private long _sequence;

    public int Length => _waiting.Reader.Count;

    public bool IsStopped { get; private set; }

    /// <summary>Adds the batch, and completes when it is in the queue. Then its place in the stream is fixed.</summary>
    /// <exception cref="StreamQueueFullException">
    /// The queue stayed full for <see cref="PushStreamOptions.EnqueueTimeout"/>.
    /// </exception>
    /// <exception cref="StreamQueueStoppedException">The queue is stopped.</exception>
    public Task EnqueueAsync(PushBatch batch)
    {
        // Step 1: enqueue. If another publish is already waiting for space, TryWrite fails. So this publish waits
        // behind the other.
        if (!_waiting.Writer.TryWrite(batch))
        {
            return WaitForRoomAsync(batch);
        }

        instruments.Published(batch.Events.Length);
        return Task.CompletedTask;
    }

    private async Task WaitForRoomAsync(PushBatch batch)
    {
        if (IsStopped)
        {
            throw new StreamQueueStoppedException(name);
        }

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
    /// Takes up to <paramref name="limit"/> batches. If the queue is empty, waits for the first batch. Returns an empty
    /// list after <see cref="PushStreamOptions.IdleWait"/>, when the queue is stopped, or when cancelled. Never throws.
    /// </summary>
    public async Task<IList<IBatchContainer>> ReadAsync(int limit, CancellationToken cancellationToken)
    {
        // Step 2: wait.
        if (_waiting.Reader.Count == 0)
        {
            // Do not cancel the wait on the channel. The next read continues with the same wait, so that an idle queue
            // causes no exceptions.
            _arrival ??= _waiting.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            await _arrival.WaitAsync(options.IdleWait, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (_arrival.IsCompleted)
            {
                _arrival = null;
            }
        }

        // Step 3: read. The reader numbers the batches, because there is only one reader. So the numbers rise in the
        // order of the queue.
        var batches = new List<IBatchContainer>();
        while (batches.Count < limit && _waiting.Reader.TryRead(out var batch))
        {
            batch.Sequence = ++_sequence;
            batches.Add(batch);
        }

        return batches;
    }

    /// <summary>
    /// Stops the queue. Drops the batches that are in the queue, and counts their events as dropped. Producers that
    /// wait, and later producers, get <see cref="StreamQueueStoppedException"/>.
    /// </summary>
    public void Stop()
    {
        IsStopped = true;
        if (!_waiting.Writer.TryComplete())
        {
            return;
        }

        var lost = 0;
        while (_waiting.Reader.TryRead(out var batch))
        {
            lost += batch.Events.Length;
        }

        instruments.DroppedByStop(lost);
        LogStopped(name, lost);
    }
}
