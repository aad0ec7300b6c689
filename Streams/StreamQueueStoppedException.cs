namespace OrleansChat.Streams;

/// <summary>A publish came while its silo stops: nobody will deliver it from here. Trying again on another silo can succeed.</summary>
[GenerateSerializer, Alias("chat.streams.stopped")]
public sealed class StreamQueueStoppedException : Exception
{
    public StreamQueueStoppedException(string queue)
        : base($"Stream queue {queue} is stopped, as its silo is stopping.") => Queue = queue;

    /// <summary>The queue, as provider and number.</summary>
    [Id(0)]
    public string Queue { get; }
}
