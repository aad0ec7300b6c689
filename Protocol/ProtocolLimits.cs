using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Protocol;

/// <summary>The limits that <c>welcome</c> announces. Section <c>Limits</c>.</summary>
public sealed record ProtocolLimits
{
    /// <summary>
    /// Maximum bytes of one frame from a client, after decompression. If a frame is larger, the gateway closes the
    /// connection with 1009.
    /// </summary>
    [Range(1024, 1024 * 1024)] public int FrameBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Maximum number of characters (Unicode scalar values) of one text. A longer text is refused as <c>too_large</c>.
    /// A text must also fit into a frame (<see cref="FrameBytes"/>).
    /// </summary>
    [Range(1, 100_000)] public int TextCharacters { get; init; } = 4000;

    /// <summary>
    /// Maximum number of rooms that one connection may join at the same time. A further join is refused as
    /// <c>room_full</c>.
    /// </summary>
    [Range(1, 10_000)] public int RoomsPerConnection { get; init; } = 200;

    /// <summary>
    /// Sends per second that one user may issue on the whole cluster; 0 for no limit. A send above the limit is refused
    /// as <c>rate_limited</c>.
    /// </summary>
    [Range(0, 1_000_000)] public int SendsPerSecond { get; init; } = 10;

    /// <summary>
    /// Maximum number of sends that a user saves up by sending fewer than <see cref="SendsPerSecond"/>.
    /// </summary>
    [Range(1, 1_000_000)] public int SendBurst { get; init; } = 20;

    /// <summary>
    /// Maximum number of connections of one user on the whole cluster. A further connection is closed with 4503.
    /// </summary>
    [Range(1, 100_000)] public int ConnectionsPerUser { get; init; } = 10;

    /// <summary>
    /// Maximum number of events that a join or a resume replays. A <c>gap</c> names the older events, and the client
    /// can request them as history.
    /// </summary>
    [Range(1, 100_000)] public int ReplayEvents { get; init; } = 500;

    /// <summary>
    /// Maximum UTF-8 bytes of one text: at least four bytes for each of <see cref="TextCharacters"/>. A longer text is
    /// refused as <c>too_large</c>.
    /// </summary>
    public int TextBytes { get => field > 0 ? field : Math.Max(16 * 1024, 4 * TextCharacters); internal init; }

    /// <summary>
    /// Maximum UTF-8 bytes of one <c>meta</c> object. A longer object is refused as <c>too_large</c>.
    /// </summary>
    public int MetaBytes { get; internal init; } = 2 * 1024;

    /// <summary>
    /// Maximum number of commands in one frame. If a frame has more, the gateway does not read the further commands,
    /// and answers them with one <c>too_large</c>.
    /// </summary>
    public int CommandsPerFrame { get; internal init; } = 64;

    /// <summary>
    /// Maximum number of events in one page of history. If a client requests more, the page has this number.
    /// </summary>
    public int HistoryEvents { get; internal init; } = 100;
}
