using Orleans.Streams;

namespace OrleansChat.Streams;

/// <summary>
/// The stream provider on a client, which can only subscribe. The queues are on silos, so Orleans refuses a publish
/// from a client.
/// </summary>
internal sealed class ReadOnlyAdapter(string name) : IQueueAdapterFactory, IQueueAdapter
{
    public string Name => name;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadOnly;

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IStreamQueueMapper GetStreamQueueMapper() => throw OnSilosOnly();

    public IQueueAdapterCache GetQueueAdapterCache() => throw OnSilosOnly();

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => throw OnSilosOnly();

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => throw OnSilosOnly();

    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) => throw OnSilosOnly();

    private InvalidOperationException OnSilosOnly() => new($"Stream provider '{name}' cannot publish from a client; publish from a grain.");
}
