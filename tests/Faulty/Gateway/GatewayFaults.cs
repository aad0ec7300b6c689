using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Faulty.Gateway;

/// <summary>The faults of a gateway. Section <c>Faults</c>.</summary>
internal sealed record GatewayFaults
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Faults";

    /// <summary>The fault of the gateway stream.</summary>
    public StreamFault Stream { get; init; }

    /// <summary>The share of items that the stream fault affects; 1 for all.</summary>
    [Range(0.0, 1.0)] public double Share { get; init; } = 1;

    /// <summary>
    /// The seed that selects the affected items. The same seed and the same order of items select the same items.
    /// </summary>
    public int Seed { get; init; } = 1;

    /// <summary>The delay of a delayed item, and the maximum delay of a reordered item, in milliseconds.</summary>
    [Range(1, 60_000)] public int DelayMs { get; init; } = 400;

    /// <summary>Whether the head poller gets no heads.</summary>
    public bool NoHeadPoller { get; init; }

    /// <summary>The fault of the events that a client reads from the log.</summary>
    public ResumeFault Resume { get; init; }

    /// <summary>Milliseconds after which a stale cache is filled again.</summary>
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

    /// <summary>The item arrives late by a random time, so that other items overtake it.</summary>
    Reorder,

    /// <summary>
    /// A room's item arrives only when the next item of the room arrives. So the last item of a room never arrives.
    /// Member notifications never arrive.
    /// </summary>
    LoseLast,
}

/// <summary>What happens to events that are read from the log for a client that missed them.</summary>
internal enum ResumeFault
{
    /// <summary>The client gets all events.</summary>
    None,

    /// <summary>
    /// The events come from a stale cache. Events newer than the cache are missing, except at the ends of a page.
    /// </summary>
    Stale,

    /// <summary>The client gets the last event twice.</summary>
    Double,
}
