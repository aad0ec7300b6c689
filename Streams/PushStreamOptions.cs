namespace OrleansChat.Streams;

/// <summary>
/// Limits of a push stream provider on one silo. Only tests change these limits. A client of the cluster has no such
/// limits, because it only subscribes.
/// </summary>
public sealed class PushStreamOptions
{
    /// <summary>
    /// Number of queues on each silo; a stream always uses the same queue. When the first event of a stream arrives,
    /// Orleans registers the stream. Meanwhile all streams of that queue wait. If a subscriber has just died, these
    /// streams wait for twice the response timeout. With more queues, fewer streams wait. An idle queue costs one
    /// wake-up per <see cref="IdleWait"/>. Even 64 idle queues have no noticeable cost.
    /// </summary>
    internal int QueuesPerSilo { get; set; } = 32;

    /// <summary>
    /// Maximum number of publishes that wait in one queue. If the queue is full, a producer waits for up to
    /// <see cref="EnqueueTimeout"/>.
    /// </summary>
    internal int QueueCapacity { get; set; } = 8_192;

    /// <summary>
    /// How long a producer waits for space in a full queue before it gets a <see cref="StreamQueueFullException"/>. If
    /// the value is zero, the producer does not wait.
    /// </summary>
    internal TimeSpan EnqueueTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Maximum number of events that are buffered for one stream until its consumers have received them. A consumer
    /// that is further behind loses the oldest events. The consumer can notice the loss if the events have numbers.
    /// Other streams are not affected.
    /// </summary>
    internal int EventsPerStream { get; set; } = 16_384;

    /// <summary>
    /// Maximum number of publishes that the agent moves from a queue to its streams in one read. Must not exceed
    /// <see cref="EventsPerStream"/>.
    /// </summary>
    internal int MaxReadCount { get; set; } = 1_024;

    /// <summary>
    /// How long a read waits for an event before it returns an empty list, so that the pulling agent can do its other
    /// work. An event ends the wait at once, so the wait delays no event.
    /// </summary>
    internal TimeSpan IdleWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a failing delivery is retried. Then its events are dropped for that consumer. A delivery call that is
    /// in progress when this time ends is not cancelled. It ends at the silo's response timeout at the latest.
    /// </summary>
    internal TimeSpan MaxEventDeliveryTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Maximum number of events in one delivery. The events of one publish are never split: a publish with more events
    /// than this maximum gets a delivery of its own.
    /// </summary>
    internal int BatchSize { get; set; } = 256;
}
