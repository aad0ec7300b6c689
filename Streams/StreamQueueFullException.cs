namespace OrleansChat.Streams;

/// <summary>
/// A publish found its queue full and nothing made room for it within <see cref="PushStreamOptions.EnqueueTimeout"/>. Nothing of it was
/// published. Trying again later can succeed.
/// </summary>
[GenerateSerializer, Alias("chat.streams.full")]
public sealed class StreamQueueFullException : Exception
{
    public StreamQueueFullException(string queue, int capacity, TimeSpan waited)
        : base($"Stream queue {queue} still held {capacity} publishes, its capacity, after {waited.TotalSeconds:0.###} s.")
    {
        Queue = queue;
        Capacity = capacity;
    }

    /// <summary>The queue, as provider and number.</summary>
    [Id(0)]
    public string Queue { get; }

    /// <summary>The publishes that it holds at most.</summary>
    [Id(1)]
    public int Capacity { get; }
}
