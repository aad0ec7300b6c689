using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Sessions;

/// <summary>Bounds of a session. Section <c>Sessions</c>.</summary>
internal sealed class SessionOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Sessions";

    /// <summary>Seconds for the first hello of a JSON connection.</summary>
    [Range(1, 600)] public int HelloSeconds { get; set; } = 10;

    /// <summary>Commands of one connection that may wait for their answers; its reader waits above.</summary>
    [Range(1, 100_000)] public int CommandsInFlight { get; set; } = 256;

    /// <summary>Names that a who may list; above, only the count.</summary>
    [Range(0, 10_000)] public int WhoNames { get; set; } = 200;

    /// <summary>Milliseconds, told in welcome, within which presence is right after any failure.</summary>
    [Range(1000, 60_000)] public int PresenceBoundMs { get; set; } = 10_000;

    /// <summary>Events read from the log at a time for a connection that is behind.</summary>
    [Range(1, 1000)] public int CatchUpEvents { get; set; } = 128;
}

/// <summary>How far a slow reader may fall behind. Section <c>Lag</c>.</summary>
internal sealed class LagOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Lag";

    /// <summary>Events a lagging connection may be behind in a room before it gets a gap, and after it the newest.</summary>
    [Range(1, 10_000_000)] public int MaxEvents { get; set; } = 10_000;
}
