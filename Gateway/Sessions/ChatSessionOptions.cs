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

    /// <summary>
    /// Maximum time until a JSON connection sends <c>hello</c>. After this time, the gateway closes the connection with
    /// 4501.
    /// </summary>
    internal TimeSpan HelloTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Maximum number of commands of one connection that may wait for a room's answer. While this number of commands
    /// wait, the gateway does not read from the connection.
    /// </summary>
    internal int CommandsInFlight { get; set; } = 256;

    /// <summary>
    /// Maximum number of names in the answer to <c>who</c>. If more users are present, the answer has only their
    /// number.
    /// </summary>
    internal int WhoNames { get; set; } = 200;

    /// <summary>
    /// Maximum time from a failure until presence is correct again. The gateway only announces this value to clients,
    /// in <c>welcome</c>.
    /// </summary>
    internal TimeSpan PresenceBound { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Minimum number of places for rooms that the client did not join: rooms to which the server added the connection,
    /// and direct conversations that the client resumed. If the client has joined few rooms, there are more places: as
    /// many as <c>Limits:RoomsPerConnection</c> leaves free.
    /// </summary>
    internal int PlacesForOthers { get; set; } = 20;

    /// <summary>Maximum number of events per read from the message log for a connection that is behind.</summary>
    internal int CatchUpEvents { get; set; } = 128;
}
