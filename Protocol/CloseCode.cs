namespace OrleansChat.Protocol;

/// <summary>
/// Why a connection ends. A client reconnects after 1001, 1012 and 4000 to 4499. It does not reconnect after 1000,
/// 1007, 1009 and 4500 to 4999.
/// </summary>
public enum CloseCode
{
    /// <summary>The client asked to end the connection (RFC 6455 §7.4.1). Do not reconnect.</summary>
    Normal = 1000,

    /// <summary>Reserved (RFC 6455 §7.4.1: the server is going away). Reconnect.</summary>
    GoingAway = 1001,

    /// <summary>A text frame was not UTF-8 (RFC 6455 §7.4.1). Do not reconnect.</summary>
    NotUtf8 = 1007,

    /// <summary>A frame was larger than the limit (RFC 6455 §7.4.1). Do not reconnect.</summary>
    FrameTooBig = 1009,

    /// <summary>This gateway is stopping or restarting. Reconnect to any gateway.</summary>
    ServiceRestart = 1012,

    /// <summary>Reserved: a draining gateway sends <see cref="ServiceRestart"/> instead. Reconnect.</summary>
    Drain = 4000,

    /// <summary>
    /// The server received nothing for at least two heartbeats, and the client accepted no data. Reconnect.
    /// </summary>
    NoPong = 4001,

    /// <summary>
    /// A newer connection of the same user and device took over. Reconnect only after a long delay. Otherwise, two
    /// clients with the same device name would end each other's connections again and again.
    /// </summary>
    Replaced = 4002,

    /// <summary>The token expired. Reconnect with a new token.</summary>
    TokenExpired = 4003,

    /// <summary>The server failed, or the cluster cannot be reached. Reconnect.</summary>
    ServerError = 4004,

    /// <summary>
    /// This user opened too many connections in too short a time. Reconnect after the time that <c>bye</c> names.
    /// </summary>
    ConnectingTooOften = 4005,

    /// <summary>The client violated the protocol, and the connection cannot continue. Do not reconnect.</summary>
    ProtocolError = 4500,

    /// <summary>
    /// The client has no valid identity, or did not send hello in time. Do not reconnect. If the reason begins with
    /// <c>token_expired</c>, the client may try a new token.
    /// </summary>
    Unauthorized = 4501,

    /// <summary>Reserved: the user is banned. Do not reconnect.</summary>
    Banned = 4502,

    /// <summary>This user has too many connections. Do not reconnect.</summary>
    TooManyConnections = 4503,

    /// <summary>Reserved: the user was kicked. Do not reconnect.</summary>
    Kicked = 4504,
}
