using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Faulty.Gateway;

/// <summary>What is wrong with a gateway. Section <c>Faults</c>.</summary>
internal sealed record GatewayFaults
{
    /// <summary>The section's name.</summary>
    public const string Section = "Faults";

    /// <summary>What becomes of items on their way to the inbox.</summary>
    public StreamFault Stream { get; init; }

    /// <summary>The share of items that it strikes; 1 for all.</summary>
    [Range(0.0, 1.0)] public double Share { get; init; } = 1;

    /// <summary>Decides which are struck: the same for the same items in the same order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Milliseconds that a delay takes, and that a reordered item may be late.</summary>
    [Range(1, 60_000)] public int DelayMs { get; init; } = 400;

    /// <summary>The beacon shows nothing.</summary>
    public bool DarkBeacon { get; init; }

    /// <summary>What becomes of what a client missed.</summary>
    public ResumeFault Resume { get; init; }

    /// <summary>Milliseconds after which a stale cache is filled again.</summary>
    [Range(1, 60_000)] public int StaleMs { get; init; } = 5000;
}

/// <summary>What becomes of an item on its way to the inbox.</summary>
internal enum StreamFault
{
    /// <summary>It comes.</summary>
    None,

    /// <summary>It never comes.</summary>
    Drop,

    /// <summary>It comes late, and so do those after it.</summary>
    Delay,

    /// <summary>It comes twice.</summary>
    Double,

    /// <summary>It comes somewhat later, and others overtake it.</summary>
    Reorder,

    /// <summary>A room's events come when the next ones do, so that its last never come; bells never do.</summary>
    LoseLast,
}

/// <summary>What becomes of events read from the log for a client that missed them.</summary>
internal enum ResumeFault
{
    /// <summary>They come.</summary>
    None,

    /// <summary>They are read from a cache that knows nothing of the newest but the last.</summary>
    Stale,

    /// <summary>The last of them comes twice.</summary>
    Double,
}
