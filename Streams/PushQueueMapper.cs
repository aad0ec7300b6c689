using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// Maps a stream to one of a silo's queues. The queue ids are the same on every silo, but each silo has its own queues.
/// </summary>
internal sealed class PushQueueMapper(string provider, int queues) : IStreamQueueMapper
{
    private readonly QueueId[] _queues = [.. Enumerable.Range(0, queues).Select(n => QueueId.GetQueueId(provider, (uint)n, (uint)n))];

    public IEnumerable<QueueId> GetAllQueues() => _queues;

    public QueueId GetQueueForStream(StreamId streamId) => _queues[(uint)streamId.GetHashCode() % (uint)_queues.Length];
}
