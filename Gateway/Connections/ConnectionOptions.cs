using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Connections;

/// <summary>Limits and timeouts of a WebSocket connection. Section <c>Connections</c>.</summary>
internal sealed class ConnectionOptions
{
    public const string Section = "Connections";

    /// <summary>
    /// Maximum number of WebSocket connections that this gateway has at a time. A further connection is answered with
    /// 503. If memory or file descriptors do not suffice, the gateway lowers this number at startup.
    /// </summary>
    [Range(1, 10_000_000)] public int MaxConnections { get; set; } = 100_000;

    /// <summary>
    /// Bytes of events that may wait in the send queue of one connection. If an event does not fit, the connection is
    /// lagging: the gateway drops the waiting events, and reads events from the message log until the connection has
    /// caught up.
    /// </summary>
    [Range(16 * 1024, 64 * 1024 * 1024)] public int SendQueueBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// Whether room events are sent compressed to clients that offer permessage-deflate (RFC 7692), as browsers do. The
    /// gateway compresses each event once for all these clients, so compression costs little CPU. A client that also
    /// sends compressed frames costs about 40 KiB of additional memory.
    /// </summary>
    public bool Deflate { get; set; }

    /// <summary>
    /// Commands (except sends) and WebSocket pings per second that the gateway accepts on one connection; 0 for no
    /// limit. If a client sends fewer commands and pings, the connection saves up those that are left, up to ten times
    /// this number. The gateway refuses a command above the limit as <c>rate_limited</c>. After a command or ping above
    /// the limit, the gateway does not read from the connection until the limit allows another command or ping.
    /// </summary>
    [Range(0, 1_000_000)] public int CommandsPerSecond { get; set; } = 50;

    /// <summary>
    /// Bytes per second that the gateway reads from one connection; 0 for no limit. If a client sends fewer bytes, the
    /// connection saves up the bytes that are left, up to this number. If the client sends faster, the gateway delays
    /// its reads, and TCP slows the client down.
    /// </summary>
    [Range(0, 1024 * 1024 * 1024)] public int BytesPerSecond { get; set; } = 1024 * 1024;

    /// <summary>
    /// If the gateway receives no byte from a client for this time, it pings the client. If it receives no byte for
    /// twice this time, it closes the connection with 4001. While a write waits for the client to read, the gateway
    /// allows two minutes of silence. On Linux, this longer limit applies only while the client's machine acknowledges
    /// packets.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// If a write to a client makes no progress for this time, and the gateway receives nothing from the client, the
    /// gateway closes the connection with 4001. On Linux, if the client's machine acknowledges nothing, the gateway
    /// closes the connection after twice <see cref="Heartbeat"/> instead. The gateway sees progress only in steps of
    /// about 100 KiB, so it also closes the connection of a client that reads less than 100 KiB in this time.
    /// </summary>
    internal TimeSpan StallTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Maximum number of commands and pings that a connection can save up; see <see cref="CommandsPerSecond"/>.
    /// </summary>
    internal int CommandBurst { get => field > 0 ? field : 10 * Math.Max(1, CommandsPerSecond); set; }

    /// <summary>
    /// Bytes of answers that may wait in the send queue of one connection. If more bytes wait, the gateway stops
    /// reading from the connection until at most half of this number of bytes waits.
    /// </summary>
    internal int AnswerBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// Maximum bytes of queued items that the writer takes as one batch. An item with more bytes is a batch of its own.
    /// </summary>
    internal int WriteBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// Size, in bytes, of the send buffer that the operating system keeps for one connection, in addition to the
    /// gateway's send queue. Linux allocates twice this size. If the value is 0, the system chooses the size, and may
    /// buffer megabytes for a client that does not read. A client can receive at most this many bytes per round trip,
    /// for example 320 KiB/s if a round trip takes 100 ms.
    /// </summary>
    internal int SendBufferBytes { get; set; } = 32 * 1024;

    /// <summary>
    /// Maximum time that the gateway waits for a client's answer to a close frame. After this time, the gateway cuts the
    /// connection.
    /// </summary>
    internal TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Maximum number of connections that are opening at the same time. A connection is opening during its upgrade, and
    /// again during the first call of its session. Further connections wait up to <see cref="OpenTimeout"/>.
    /// </summary>
    internal int OpeningAtATime { get; set; } = 32;

    /// <summary>
    /// How long a connection may wait for one of the <see cref="OpeningAtATime"/> places. If a connection has to wait
    /// longer, the gateway refuses its upgrade with 503. If the upgrade is already done, the gateway closes the
    /// connection with 4004.
    /// </summary>
    internal TimeSpan OpenTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// TCP connections that may wait until the gateway accepts them. If more arrive, the client's operating system
    /// tries again seconds later.
    /// </summary>
    internal int Backlog { get; set; } = 4096;
}
