namespace OrleansChat.Streams;

/// <summary>
/// The queue that had to accept the events stayed full for <see cref="PushStreamOptions.EnqueueTimeout"/>. No event was
/// published. A later retry can succeed.
/// </summary>
[GenerateSerializer, Alias("chat.streams.full")]
public sealed class StreamQueueFullException : Exception
{
    public StreamQueueFullException(string queue, int capacity, TimeSpan waited)
        : base($"Stream queue {queue} was full with {capacity} publishes for {waited.TotalSeconds:0.###} s; try again later.")
    {
        Queue = queue;
        Capacity = capacity;
    }

    /// <summary>The queue's name: the name of the stream provider, a slash and the queue's number.</summary>
    [Id(0)]
    public string Queue { get; }

    /// <summary>The queue's maximum number of publishes.</summary>
    [Id(1)]
    public int Capacity { get; }
}
