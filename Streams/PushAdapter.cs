using Microsoft.Extensions.Logging;
using Orleans.Serialization;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// The queues of a stream provider on one silo. Orleans needs a factory, an adapter and an adapter cache. Here one
/// class is all three, because producers and pulling agents share the same memory.
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

    /// <summary>Number of streams that have events or consumers.</summary>
    public int Streams => _caches.Sum(cache => cache?.Streams ?? 0);

    // A consumer cannot go back in the stream. It reads missed events from the message log.
    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => _mapper;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    /// <summary>
    /// Adds the events to a queue, and completes when they are in the queue. Then their order in the stream is fixed,
    /// but they are not delivered yet. Events are copied unless their types are immutable, so the producer may change
    /// its objects afterwards. The token is ignored, because the queue assigns its own token.
    /// </summary>
    /// <exception cref="StreamQueueFullException">
    /// The queue stayed full for <see cref="PushStreamOptions.EnqueueTimeout"/>.
    /// </exception>
    /// <exception cref="StreamQueueStoppedException">The silo is stopping.</exception>
    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        var copies = new List<object>(events.TryGetNonEnumeratedCount(out var count) ? count : 1);
        foreach (var item in events)
        {
            copies.Add((object?)_copier.Copy(item) ?? throw new ArgumentException("An event is null.", nameof(events)));
        }

        if (copies.Count == 0)
        {
            return Task.CompletedTask;
        }

        var queue = _queues[_mapper.GetQueueForStream(streamId).GetNumericId()];
        return queue.EnqueueAsync(new PushBatch(streamId, [.. copies], requestContext));
    }

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId)
    {
        ref var queue = ref _queues[queueId.GetNumericId()];
        if (queue.IsStopped)
        {
            queue = NewQueue(queueId); // An operator has stopped the agents and now starts them again.
        }

        return new PushQueueReceiver(queue);
    }

    public IQueueCache CreateQueueCache(QueueId queueId) =>
        _caches[queueId.GetNumericId()] = new PushQueueCache(_options, _instruments, _time, _loggers.CreateLogger<PushQueueCache>());

    private PushQueue NewQueue(QueueId queueId) =>
        new($"{Name}/{queueId.GetNumericId()}", _options, _instruments, _time, _loggers.CreateLogger<PushQueue>());
}
