using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Connections;

/// <summary>Bounds of a connection. Section <c>Connections</c>.</summary>
internal sealed class ConnectionOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Connections";

    /// <summary>Bytes of events that may wait for one connection before it is lagging and fed from the log.</summary>
    [Range(16 * 1024, 64 * 1024 * 1024)] public int OutboxBytes { get; set; } = 256 * 1024;

    /// <summary>Bytes of answers that may wait before the connection's reader stops until they are written.</summary>
    [Range(16 * 1024, 64 * 1024 * 1024)] public int AnswerBytes { get; set; } = 256 * 1024;

    /// <summary>Bytes to which what waits is joined, to be written at once. What is larger comes alone.</summary>
    [Range(1024, 1024 * 1024)] public int WriteBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// Whether clients that offer permessage-deflate (RFC 7692), as browsers do, are told what happens in rooms compressed: once for all of them,
    /// so it saves bytes for little CPU. It costs memory where they send compressed too: some 40 KiB a connection.
    /// </summary>
    public bool Deflate { get; set; }

    /// <summary>
    /// Commands and WebSocket pings a second, but for sends, which have an allowance of their own; 0 for no bound. A command above it is
    /// refused as <c>rate_limited</c>, and what comes after is read once it could have been taken; so is what comes after a ping above it.
    /// </summary>
    [Range(0, 1_000_000)] public int CommandsPerSecond { get; set; } = 50;

    /// <summary>Commands and pings that may be saved up.</summary>
    [Range(1, 1_000_000)] public int CommandBurst { get; set; } = 500;

    /// <summary>Bytes a second, of anything, that are read from one peer, who may be a second ahead; 0 for no bound. What comes faster waits in the network.</summary>
    [Range(0, 1024 * 1024 * 1024)] public int BytesPerSecond { get; set; } = 1024 * 1024;

    /// <summary>
    /// Bytes that the system may hold for one connection below the outbox (Linux keeps twice as many); 0 for as many as the system likes,
    /// megabytes for a peer that does not read. A peer gets at least as many bytes a round trip: 320 KB/s at 100 ms.
    /// </summary>
    [Range(0, 16 * 1024 * 1024)] public int SendBufferBytes { get; set; } = 32 * 1024;

    /// <summary>Seconds of silence after which the server pings; after twice as many it gives up.</summary>
    [Range(1, 3600)] public int HeartbeatSeconds { get; set; } = 25;

    /// <summary>
    /// Seconds for which a peer may take nothing at all of what is being written, before it is given up as dead. On Linux one whose machine
    /// acknowledges nothing is given up after two heartbeats. It is seen to take by steps of some 100 KiB (what is written by way of the
    /// server, and a part of <see cref="SendBufferBytes"/>): a slower peer than that looks dead.
    /// </summary>
    [Range(10, 3600)] public int StallSeconds { get; set; } = 120;

    /// <summary>Seconds for the peer to answer a close before the socket is cut.</summary>
    [Range(1, 60)] public int CloseSeconds { get; set; } = 2;

    /// <summary>Connections that open at one time: the upgrade, and the session's first call. The others wait.</summary>
    [Range(1, 10_000)] public int OpeningAtATime { get; set; } = 32;

    /// <summary>Seconds for which one may wait for its turn to open; after them its request gets 503, its hello 4004.</summary>
    [Range(1, 600)] public int OpenSeconds { get; set; } = 10;

    /// <summary>Connections that may wait to be accepted; one more is made to try again by its own system, seconds later.</summary>
    [Range(1, 1_000_000)] public int Backlog { get; set; } = 4096;

    /// <summary>Connections this process takes; one more gets 503.</summary>
    [Range(1, 10_000_000)] public int Most { get; set; } = 100_000;
}
