using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// Gives every silo all of its own queues, for ever: what a silo publishes it also delivers, in one hop, and nothing moves when silos come
/// and go. Safe because agents, and the subscriptions they hold, are named by silo and queue; only balancers compare queues across silos.
/// </summary>
internal sealed class PrivateQueueBalancer : IStreamQueueBalancer
{
    private IEnumerable<QueueId> _queues = [];

    public Task Initialize(IStreamQueueMapper queueMapper)
    {
        _queues = queueMapper.GetAllQueues();
        return Task.CompletedTask;
    }

    public IEnumerable<QueueId> GetMyQueues() => _queues;

    public bool SubscribeToQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) => true;

    public bool UnSubscribeFromQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) => true;

    public Task Shutdown() => Task.CompletedTask;
}
