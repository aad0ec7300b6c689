using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// Assigns all queues of a silo to that silo, permanently. So the silo whose grain publishes an event also delivers the
/// event: it never passes through a queue of another silo. Queues do not move when a silo joins or leaves. All silos
/// use the same queue ids. Equal ids are safe for two reasons. First, the names of Orleans' pulling agents and of their
/// subscriptions contain the silo's address. Second, only Orleans' own balancers compare the queues of different silos,
/// and this class replaces them.
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
