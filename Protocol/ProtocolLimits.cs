using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Protocol;

/// <summary>Every bound a client can meet, told to it in welcome. Bound from configuration section <c>Limits</c>.</summary>
public sealed record ProtocolLimits
{
    /// <summary>Bytes of a frame from a client; a larger one closes with 1009.</summary>
    [Range(1024, 1024 * 1024)] public int FrameBytes { get; init; } = 64 * 1024;

    /// <summary>Unicode scalar values of a text.</summary>
    [Range(1, 100_000)] public int TextCharacters { get; init; } = 4000;

    /// <summary>UTF-8 bytes of a text.</summary>
    [Range(1, 400_000)] public int TextBytes { get; init; } = 16 * 1024;

    /// <summary>UTF-8 bytes of a meta object.</summary>
    [Range(0, 64 * 1024)] public int MetaBytes { get; init; } = 2 * 1024;

    /// <summary>Rooms a connection may be in at one time.</summary>
    [Range(1, 10_000)] public int RoomsPerConnection { get; init; } = 200;

    /// <summary>Commands in one frame.</summary>
    [Range(1, 1024)] public int CommandsPerFrame { get; init; } = 64;

    /// <summary>Sends a second a user, across the cluster; 0 for no limit.</summary>
    [Range(0, 1_000_000)] public int SendsPerSecond { get; init; } = 10;

    /// <summary>Sends a user may save up.</summary>
    [Range(1, 1_000_000)] public int SendBurst { get; init; } = 20;

    /// <summary>Connections a user, across the cluster.</summary>
    [Range(1, 100_000)] public int ConnectionsPerUser { get; init; } = 10;

    /// <summary>Events a history page may hold.</summary>
    [Range(1, 1000)] public int HistoryEvents { get; init; } = 100;

    /// <summary>Events a join or a resume replays; what lies before them is named by a gap.</summary>
    [Range(1, 100_000)] public int ReplayEvents { get; init; } = 500;
}
