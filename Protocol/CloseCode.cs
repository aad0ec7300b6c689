namespace OrleansChat.Protocol;

/// <summary>Why a connection ends. Below 4500 (and 1001, 1012): come back. From 4500 (and 1007, 1009): stay away.</summary>
public enum CloseCode
{
    /// <summary>The normal end, asked for by the client (RFC 6455 §7.4.1).</summary>
    Normal = 1000,

    /// <summary>The server process is going away (RFC 6455 §7.4.1). Come back.</summary>
    GoingAway = 1001,

    /// <summary>A text frame was not UTF-8 (RFC 6455 §7.4.1). Stay away.</summary>
    NotUtf8 = 1007,

    /// <summary>A frame was larger than the limit (RFC 6455 §7.4.1). Stay away.</summary>
    FrameTooBig = 1009,

    /// <summary>The service restarts. Come back.</summary>
    ServiceRestart = 1012,

    /// <summary>This gateway is draining. Come back, to any gateway.</summary>
    Drain = 4000,

    /// <summary>Nothing was heard for two heartbeats. Come back.</summary>
    NoPong = 4001,

    /// <summary>A newer connection of the same device took over.</summary>
    Replaced = 4002,

    /// <summary>The token expired. Come back with a fresh one.</summary>
    TokenExpired = 4003,

    /// <summary>A fault of the server's. Come back.</summary>
    ServerError = 4004,

    /// <summary>The client broke the protocol in a way that leaves nothing to talk about. Stay away.</summary>
    ProtocolError = 4500,

    /// <summary>No identity, or a bad one. Stay away.</summary>
    Unauthorized = 4501,

    /// <summary>Banned. Stay away.</summary>
    Banned = 4502,

    /// <summary>This user has too many connections. Stay away.</summary>
    TooManyConnections = 4503,

    /// <summary>Kicked. Stay away.</summary>
    Kicked = 4504,
}
