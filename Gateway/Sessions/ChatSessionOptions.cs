using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Sessions;

/// <summary>Limits of a session. Section <c>Sessions</c>.</summary>
internal sealed class ChatSessionOptions
{
    public const string Section = "Sessions";

    /// <summary>
    /// Whether a join creates a room that does not exist. If false, such a join is refused as <c>not_found</c>.
    /// </summary>
    public bool CreateRoomsOnJoin { get; set; } = true;

    /// <summary>
    /// Maximum number of events by which a lagging connection may be behind in one room. If the connection is further
    /// behind, it gets a <c>gap</c> and then the newest events.
    /// </summary>
    [Range(1, 10_000_000)] public int MaxLagEvents { get; set; } = 10_000;

    /// <summary>How long a JSON connection has to send its first <c>hello</c>. Then it is closed with 4501.</summary>
    internal TimeSpan HelloTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Commands of one connection that may wait for their answers. At this number the gateway stops reading from the
    /// connection.
    /// </summary>
    internal int CommandsInFlight { get; set; } = 256;

    /// <summary>
    /// Maximum number of names in the answer to <c>who</c>. If more users are present, the answer has only their
    /// number.
    /// </summary>
    internal int WhoNames { get; set; } = 200;

    /// <summary>
    /// Time after any failure within which presence is correct again, as announced to clients in <c>welcome</c>. The
    /// gateway only announces this value.
    /// </summary>
    internal TimeSpan PresenceBound { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Rooms that the server can put a connection into, however many rooms the client joined. If the client joined
    /// fewer than <c>Limits:RoomsPerConnection</c> rooms, the places that it did not use are available too.
    /// </summary>
    internal int PlacesForOthers { get; set; } = 20;

    /// <summary>Maximum number of events per read from the message log for a connection that is behind.</summary>
    internal int CatchUpEvents { get; set; } = 128;
}
