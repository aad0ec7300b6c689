using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Connections;

/// <summary>Limits and timeouts of a WebSocket connection. Section <c>Connections</c>.</summary>
internal sealed class ConnectionOptions
{
    public const string Section = "Connections";

    /// <summary>
    /// Bytes of events that may wait in the send queue of one connection. A connection that exceeds this is lagging: it
    /// gets its events from the message log until it has caught up.
    /// </summary>
    [Range(16 * 1024, 64 * 1024 * 1024)] public int SendQueueBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// Bytes of answers that may wait in the send queue of one connection. If more wait, the gateway stops reading from
    /// the connection until half of them are written.
    /// </summary>
    [Range(16 * 1024, 64 * 1024 * 1024)] public int AnswerBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// Bytes up to which waiting frames are joined into one write. A larger frame is written by itself.
    /// </summary>
    [Range(1024, 1024 * 1024)] public int WriteBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// Whether room events are sent compressed to clients that offer permessage-deflate (RFC 7692), as browsers do.
    /// Each event is compressed once for all of them, which saves bytes for little CPU. A client that also sends
    /// compressed frames costs about 40 KiB of memory.
    /// </summary>
    public bool Deflate { get; set; }

    /// <summary>
    /// Commands and WebSocket pings per second of one connection, sends excluded; 0 for no limit. A command above the
    /// limit is refused as <c>rate_limited</c>. After such a command or ping, the gateway does not read from the
    /// connection until the limit allows another one.
    /// </summary>
    [Range(0, 1_000_000)] public int CommandsPerSecond { get; set; } = 50;

    /// <summary>Commands and pings that a connection can save up while below <see cref="CommandsPerSecond"/>.</summary>
    [Range(1, 1_000_000)] public int CommandBurst { get; set; } = 500;

    /// <summary>
    /// Bytes that the gateway reads from one connection per second, and as many again as a burst; 0 for no limit. If
    /// the client sends faster, the gateway delays its reads, and TCP slows the client down.
    /// </summary>
    [Range(0, 1024 * 1024 * 1024)] public int BytesPerSecond { get; set; } = 1024 * 1024;

    /// <summary>
    /// Size of the send buffer that the operating system keeps for one connection, below its send queue. Linux uses
    /// twice as much. 0 leaves the size to the system: megabytes for a client that does not read. A client receives at
    /// least this many bytes per round trip: 320 KB/s at 100 ms.
    /// </summary>
    [Range(0, 16 * 1024 * 1024)] public int SendBufferBytes { get; set; } = 32 * 1024;

    /// <summary>
    /// Seconds without a byte from a client after which the gateway pings it. After twice this time without a byte, the
    /// connection is closed with 4001.
    /// </summary>
    [Range(1, 3600)] public int HeartbeatSeconds { get; set; } = 25;

    /// <summary>
    /// Seconds for which a client may accept none of the bytes that are being written to it before the connection is
    /// closed with 4001. On Linux, a client whose machine acknowledges nothing is closed after two heartbeats. Progress
    /// is visible only in steps of about 100 KiB, partly because of <see cref="SendBufferBytes"/>, so a client that
    /// reads less than that in this time is closed too.
    /// </summary>
    [Range(10, 3600)] public int StallSeconds { get; set; } = 120;

    /// <summary>Seconds for a client to answer a close frame. Then the socket is cut.</summary>
    [Range(1, 60)] public int CloseSeconds { get; set; } = 2;

    /// <summary>
    /// Connections that may be opening at the same time: their upgrade, and the first call of their session. The others
    /// wait up to <see cref="OpenSeconds"/>.
    /// </summary>
    [Range(1, 10_000)] public int OpeningAtATime { get; set; } = 32;

    /// <summary>
    /// Seconds for which a connection may wait for its turn to open. Then an upgrade is answered with 503, and a
    /// session that is starting is closed with 4004.
    /// </summary>
    [Range(1, 600)] public int OpenSeconds { get; set; } = 10;

    /// <summary>
    /// Connections that may wait to be accepted. If more arrive, the operating system of the client tries again seconds
    /// later.
    /// </summary>
    [Range(1, 1_000_000)] public int Backlog { get; set; } = 4096;

    /// <summary>
    /// WebSocket connections that this process accepts; one more is answered with 503. Lowered at startup if memory or
    /// file descriptors do not suffice.
    /// </summary>
    [Range(1, 10_000_000)] public int MaxConnections { get; set; } = 100_000;
}
