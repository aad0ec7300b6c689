using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Sessions;

/// <summary>Limits of a session. Section <c>Sessions</c>.</summary>
internal sealed class ChatSessionOptions
{
    public const string Section = "Sessions";

    /// <summary>Seconds for a JSON connection to send its first <c>hello</c>. Then it is closed with 4501.</summary>
    [Range(1, 600)] public int HelloSeconds { get; set; } = 10;

    /// <summary>
    /// Commands of one connection that may wait for their answers. At this number the gateway stops reading from the
    /// connection.
    /// </summary>
    [Range(1, 100_000)] public int CommandsInFlight { get; set; } = 256;

    /// <summary>
    /// Maximum number of names in the answer to <c>who</c>. If more users are present, the answer has only their
    /// number.
    /// </summary>
    [Range(0, 10_000)] public int WhoNames { get; set; } = 200;

    /// <summary>
    /// Milliseconds after any failure within which presence is correct again, as announced to clients in
    /// <c>welcome</c>. The gateway only announces this value.
    /// </summary>
    [Range(1000, 60_000)] public int PresenceBoundMs { get; set; } = 10_000;

    /// <summary>Maximum number of events per read from the message log for a connection that is behind.</summary>
    [Range(1, 1000)] public int CatchUpEvents { get; set; } = 128;
}

/// <summary>How far a slow reader may fall behind. Section <c>Lag</c>.</summary>
internal sealed class LagOptions
{
    public const string Section = "Lag";

    /// <summary>
    /// Events by which a lagging connection may be behind in one room. If it is further behind, it gets a <c>gap</c>
    /// and after it the newest events.
    /// </summary>
    [Range(1, 10_000_000)] public int MaxEvents { get; set; } = 10_000;
}
