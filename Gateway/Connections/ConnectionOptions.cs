using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Connections;

/// <summary>Limits and timeouts of a WebSocket connection. Section <c>Connections</c>.</summary>
internal sealed class ConnectionOptions
{
    public const string Section = "Connections";

    /// <summary>
    /// WebSocket connections that this process accepts; one more is answered with 503. Lowered at startup if memory or
    /// file descriptors do not suffice.
    /// </summary>
    [Range(1, 10_000_000)] public int MaxConnections { get; set; } = 100_000;

    /// <summary>
    /// Bytes of events that may wait in the send queue of one connection. A connection that exceeds this is lagging: it
    /// gets its events from the message log until it has caught up.
    /// </summary>
    [Range(16 * 1024, 64 * 1024 * 1024)] public int SendQueueBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// Whether room events are sent compressed to clients that offer permessage-deflate (RFC 7692), as browsers do.
    /// Each event is compressed once for all of them, which saves bytes for little CPU. A client that also sends
    /// compressed frames costs about 40 KiB of memory.
    /// </summary>
    public bool Deflate { get; set; }

    /// <summary>
    /// Commands and WebSocket pings per second of one connection, sends excluded; 0 for no limit. A connection can save
    /// up ten times as many. A command above the limit is refused as <c>rate_limited</c>. After such a command or ping,
    /// the gateway does not read from the connection until the limit allows another one.
    /// </summary>
    [Range(0, 1_000_000)] public int CommandsPerSecond { get; set; } = 50;

    /// <summary>
    /// Bytes per second that the gateway reads from one connection; 0 for no limit. A connection can save up the bytes
    /// of one second. If the client sends faster, the gateway delays its reads, and TCP slows the client down.
    /// </summary>
    [Range(0, 1024 * 1024 * 1024)] public int BytesPerSecond { get; set; } = 1024 * 1024;

    /// <summary>
    /// Time without a byte from a client after which the gateway pings it. After twice this time without a byte, the
    /// connection is closed with 4001.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// How long a write to a client may make no progress. Then the connection is closed with 4001. On Linux, a client
    /// whose machine acknowledges nothing is closed after two heartbeats. Progress is visible only in steps of about
    /// 100 KiB, so a client that reads less than that in this time is closed too.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Commands and pings that a connection can save up while below <see cref="CommandsPerSecond"/>.</summary>
    internal int CommandBurst { get => field > 0 ? field : 10 * Math.Max(1, CommandsPerSecond); set; }

    /// <summary>
    /// Bytes of answers that may wait in the send queue of one connection. If more wait, the gateway stops reading from
    /// the connection until half of them are written.
    /// </summary>
    internal int AnswerBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// Maximum bytes of queued frames that are joined into one write. A larger frame is written separately.
    /// </summary>
    internal int WriteBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// Size of the send buffer that the operating system keeps for one connection, below its send queue. Linux uses
    /// twice as much. 0 leaves the size to the system, which may then buffer megabytes for a client that does not read.
    /// A client receives at least this many bytes per round trip: 320 KB/s at 100 ms.
    /// </summary>
    internal int SendBufferBytes { get; set; } = 32 * 1024;

    /// <summary>How long a client has to answer a close frame. Then the socket is cut.</summary>
    internal TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Connections that may open at the same time. Opening is the upgrade and the first call of the session. Further
    /// connections wait up to <see cref="OpenTimeout"/>.
    /// </summary>
    internal int OpeningAtATime { get; set; } = 32;

    /// <summary>
    /// How long a connection may wait for its turn to open. Then an upgrade is answered with 503, and a session that is
    /// starting is closed with 4004.
    /// </summary>
    internal TimeSpan OpenTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Connections that may wait to be accepted. If more arrive, the operating system of the client tries again seconds
    /// later.
    /// </summary>
    internal int Backlog { get; set; } = 4096;
}
