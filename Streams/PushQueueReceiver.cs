using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// The reading side of a queue, for the pulling agent. A read waits for events, so the agent delivers them at once and
/// does not poll.
/// </summary>
internal sealed class PushQueueReceiver(PushQueue queue) : IQueueAdapterReceiver
{
    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    // Orleans before 10.3 calls the methods without a cancellation token. With those versions, a stop waits for the
    // current read, for at most one IdleWait.
    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => queue.ReadAsync(maxCount, CancellationToken.None);

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken) =>
        queue.ReadAsync(maxCount, cancellationToken);

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called after the agent's last read has ended.</summary>
    public Task Shutdown(TimeSpan timeout)
    {
        queue.Stop();
        return Task.CompletedTask;
    }
}
