namespace OrleansChat.Streams;

/// <summary>
/// The silo that had to publish the events is stopping. No event was published. A retry on another silo can succeed.
/// </summary>
[GenerateSerializer, Alias("chat.streams.stopped")]
public sealed class StreamQueueStoppedException : Exception
{
    public StreamQueueStoppedException(string queue)
        : base($"Stream queue {queue} is stopped because its silo is stopping; publish from another silo.") => Queue = queue;

    /// <summary>The queue's name: the name of the stream provider, a slash and the queue's number.</summary>
    [Id(0)]
    public string Queue { get; }
}
