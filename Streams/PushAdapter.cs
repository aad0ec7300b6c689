using Microsoft.Extensions.Logging;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// A provider's queues on this silo, and the way in. Orleans asks for a factory, an adapter and an adapter's cache; here they are one thing,
/// as producers and agents meet in the same memory.
/// </summary>
internal sealed class PushAdapter : IQueueAdapterFactory, IQueueAdapter, IQueueAdapterCache
{
    private readonly PushStreamOptions _options;
    private readonly PushQueueMapper _mapper;
    private readonly PushQueue[] _queues;
    private readonly PushQueueCache?[] _caches;
    private readonly DeepCopier _copier;
    private readonly StreamsInstruments _instruments;
    private readonly ILoggerFactory _loggers;
    private readonly TimeProvider _time;

    public PushAdapter(
        string name, PushStreamOptions options, DeepCopier copier, StreamsInstruments instruments, ILoggerFactory loggers, TimeProvider time)
    {
        (Name, _options, _copier, _instruments, _loggers, _time) = (name, options, copier, instruments, loggers, time);
        _mapper = new(name, options.QueuesPerSilo);
        _queues = [.. _mapper.GetAllQueues().Select(NewQueue)];
        _caches = new PushQueueCache?[_queues.Length];
        instruments.Observe(() => _queues.Select(queue => queue.Length), () => Streams);
    }

    public string Name { get; }

    /// <summary>Streams that events or cursors are kept for.</summary>
    public int Streams => _caches.Sum(cache => cache?.Streams ?? 0);

    // What a consumer missed is in the log, not here.
    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => _mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    /// <summary>
    /// Completes when the events have their place in the stream's order, before anybody has seen them. They are copied unless their types
    /// are immutable, so the producer may go on using its own. The token is ignored: the queue gives its own.
    /// </summary>
    /// <exception cref="StreamQueueFullException">There was no room in time.</exception>
    /// <exception cref="StreamQueueStoppedException">The silo is stopping.</exception>
    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        var copies = new List<object>(events.TryGetNonEnumeratedCount(out var count) ? count : 1);
        foreach (var item in events)
            copies.Add((object?)_copier.Copy(item) ?? throw new ArgumentException("An event is null.", nameof(events)));
        if (copies.Count == 0)
            return Task.CompletedTask;

        var queue = _queues[_mapper.GetQueueForStream(streamId).GetNumericId()];
        return queue.EnqueueAsync(new PushBatch(streamId, [.. copies], requestContext));
    }

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId)
    {
        ref var queue = ref _queues[queueId.GetNumericId()];
        if (queue.IsStopped)
            queue = NewQueue(queueId); // The agents were stopped by command and are started again.
        return new PushQueueReceiver(queue);
    }

    public IQueueCache CreateQueueCache(QueueId queueId) =>
        _caches[queueId.GetNumericId()] = new PushQueueCache(_options, _instruments, _time, _loggers.CreateLogger<PushQueueCache>());

    private PushQueue NewQueue(QueueId queueId) =>
        new($"{Name}/{queueId.GetNumericId()}", _options, _instruments, _time, _loggers.CreateLogger<PushQueue>());
}
