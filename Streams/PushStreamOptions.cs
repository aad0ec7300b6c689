using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Streams;

/// <summary>The bounds of a push stream provider on one silo. Checked when the silo starts. Clients have none: they only read.</summary>
public sealed class PushStreamOptions
{
    /// <summary>
    /// Queues each silo keeps for itself; a stream always uses the same one. Never 0. While a stream's first event on a silo is being
    /// registered, its whole queue waits (for two response timeouts where a subscriber has just died), so many queues mean few bystanders.
    /// An idle one costs a wake-up every <see cref="IdleWait"/>, which 64 do not make felt.
    /// </summary>
    [Range(1, 256)]
    public int QueuesPerSilo { get; set; } = 32;

    /// <summary>
    /// Publishes that wait in one queue until it is read. Never 0. When it is full, a producer waits <see cref="EnqueueTimeout"/>.
    /// </summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 8_192;

    /// <summary>
    /// How long a producer waits for room in a full queue before it gets <see cref="StreamQueueFullException"/>. 0: not at all.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan EnqueueTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Events kept for one stream until its consumers have taken them. Never 0. When a consumer falls further behind, it loses the
    /// oldest: other streams notice nothing, and the consumer sees a hole in its own sequence numbers.
    /// </summary>
    [Range(1, 1_000_000)]
    public int EventsPerStream { get; set; } = 16_384;

    /// <summary>Publishes moved from a queue to its streams in one turn. Never 0, and at most <see cref="EventsPerStream"/>.</summary>
    [Range(1, 100_000)]
    public int MaxReadCount { get; set; } = 1_024;

    /// <summary>
    /// How long a read waits for an event before it returns empty, which lets the silo do its housekeeping. Never 0. An event ends the wait
    /// at once, so this is no delay.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan IdleWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a delivery that fails is tried again before its events are given up for that consumer. Never 0. A call that is under way is
    /// not cut short: it ends by the silo's own response timeout.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxEventDeliveryTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Events that one delivery carries at most, when they wait. Never 0; 1 is one call an event. A publish of more events than that is
    /// delivered alone and whole.
    /// </summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 256;
}
