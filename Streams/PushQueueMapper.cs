using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>Which of a silo's queues a stream uses. The ids are the same on every silo, the queues behind them are not.</summary>
internal sealed class PushQueueMapper(string provider, int queues) : IStreamQueueMapper
{
    private readonly QueueId[] _queues = [.. Enumerable.Range(0, queues).Select(n => QueueId.GetQueueId(provider, (uint)n, (uint)n))];

    public IEnumerable<QueueId> GetAllQueues() => _queues;

    public QueueId GetQueueForStream(StreamId streamId) => _queues[(uint)streamId.GetHashCode() % (uint)_queues.Length];
}
