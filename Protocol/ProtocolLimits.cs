using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Protocol;

/// <summary>Every limit that a client can meet. <c>welcome</c> announces them all. Section <c>Limits</c>.</summary>
public sealed record ProtocolLimits
{
    /// <summary>
    /// Bytes of one frame from a client, after decompression. A larger one closes the connection with 1009.
    /// </summary>
    [Range(1024, 1024 * 1024)] public int FrameBytes { get; init; } = 64 * 1024;

    /// <summary>Characters (Unicode scalar values) of one text. A longer text is refused as <c>too_large</c>.</summary>
    [Range(1, 100_000)] public int TextCharacters { get; init; } = 4000;

    /// <summary>UTF-8 bytes of one text. A longer text is refused as <c>too_large</c>.</summary>
    [Range(1, 400_000)] public int TextBytes { get; init; } = 16 * 1024;

    /// <summary>UTF-8 bytes of one <c>meta</c> object. A longer one is refused as <c>too_large</c>.</summary>
    [Range(0, 64 * 1024)] public int MetaBytes { get; init; } = 2 * 1024;

    /// <summary>
    /// Rooms that one connection may be in at the same time. A further join is refused as <c>room_full</c>.
    /// </summary>
    [Range(1, 10_000)] public int RoomsPerConnection { get; init; } = 200;

    /// <summary>
    /// Commands in one frame. The gateway does not read the rest of a longer frame, and answers it with one
    /// <c>too_large</c>.
    /// </summary>
    [Range(1, 1024)] public int CommandsPerFrame { get; init; } = 64;

    /// <summary>
    /// Sends per second of one user on the whole cluster; 0 for no limit. A send above the limit is refused as
    /// <c>rate_limited</c>.
    /// </summary>
    [Range(0, 1_000_000)] public int SendsPerSecond { get; init; } = 10;

    /// <summary>Sends that a user can save up while below <see cref="SendsPerSecond"/>.</summary>
    [Range(1, 1_000_000)] public int SendBurst { get; init; } = 20;

    /// <summary>Connections of one user on the whole cluster. One more is closed with 4503.</summary>
    [Range(1, 100_000)] public int ConnectionsPerUser { get; init; } = 10;

    /// <summary>Events in one page of history. A request for more gets this many.</summary>
    [Range(1, 1000)] public int HistoryEvents { get; init; } = 100;

    /// <summary>
    /// Events that a join or a resume replays. Older ones are named by a <c>gap</c>, and the client can request them as
    /// history.
    /// </summary>
    [Range(1, 100_000)] public int ReplayEvents { get; init; } = 500;
}
