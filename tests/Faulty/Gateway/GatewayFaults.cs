using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Faulty.Gateway;

/// <summary>The faults of a gateway: the settings of section <c>Faults</c>.</summary>
internal sealed record GatewayFaults
{
    public const string Section = "Faults";

    /// <summary>What happens to the items of the gateway stream.</summary>
    public StreamFault Stream { get; init; }

    /// <summary>The share of items that the stream fault affects; 1 for all.</summary>
    [Range(0.0, 1.0)] public double Share { get; init; } = 1;

    /// <summary>
    /// The seed for the random choice of the affected items. With the same seed and the same order of items, the fault
    /// affects the same items.
    /// </summary>
    public int Seed { get; init; } = 1;

    /// <summary>The delay of a delayed item, and the maximum delay of a reordered item, in milliseconds.</summary>
    [Range(1, 60_000)] public int DelayMs { get; init; } = 400;

    /// <summary>Whether the head poller gets an empty list of heads. Then it finds no lost events.</summary>
    public bool NoHeadPoller { get; init; }

    /// <summary>What happens to the events that the gateway reads from the log for a client.</summary>
    public ResumeFault Resume { get; init; }

    /// <summary>For <see cref="ResumeFault.Stale"/>: the maximum age of the cache, in milliseconds.</summary>
    [Range(1, 60_000)] public int StaleMs { get; init; } = 5000;
}

/// <summary>What happens to an item of the gateway stream.</summary>
internal enum StreamFault
{
    /// <summary>The item arrives.</summary>
    None,

    /// <summary>The item never arrives.</summary>
    Drop,

    /// <summary>The item arrives late. If the fault affects all items, they stay in order.</summary>
    Delay,

    /// <summary>The item arrives twice.</summary>
    Double,

    /// <summary>The item is delayed by a random time, so later items may arrive before it.</summary>
    Reorder,

    /// <summary>
    /// Instead of an item with events of a room, the room's previous item arrives. So the last item of a room never
    /// arrives. Notifications of members never arrive.
    /// </summary>
    LoseLast,
}

/// <summary>What happens to the events that the gateway reads from the log for a client that missed them.</summary>
internal enum ResumeFault
{
    /// <summary>The client gets all events.</summary>
    None,

    /// <summary>
    /// The events come from a stale cache. Events newer than the cache are missing, except the first and the last event
    /// of a page.
    /// </summary>
    Stale,

    /// <summary>The client gets the last event of each page twice.</summary>
    Double,
}
