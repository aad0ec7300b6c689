using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>The agent's end of a queue. A read waits for events, which is what makes a pulling agent push.</summary>
internal sealed class PushQueueReceiver(PushQueue queue) : IQueueAdapterReceiver
{
    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    // Orleans before 10.3 knows only the calls without a token; there, a stop waits for the read that is under way, at most one IdleWait.
    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => queue.ReadAsync(maxCount, CancellationToken.None);

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken) =>
        queue.ReadAsync(maxCount, cancellationToken);

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called when the agent has ended its last read.</summary>
    public Task Shutdown(TimeSpan timeout)
    {
        queue.Stop();
        return Task.CompletedTask;
    }
}
