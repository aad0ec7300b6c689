namespace OrleansChat.Protocol;

/// <summary>Why a command was not carried out. On the wire each is its own word in snake case.</summary>
public enum ErrorCode
{
    /// <summary>The frame or a field is malformed; the message names it.</summary>
    BadRequest,

    /// <summary>The server does not know this <c>t</c>.</summary>
    UnknownType,

    /// <summary>No valid identity.</summary>
    Unauthorized,

    /// <summary>The token's time is over.</summary>
    TokenExpired,

    /// <summary>Known, and not allowed.</summary>
    Forbidden,

    /// <summary>No such room, event or user.</summary>
    NotFound,

    /// <summary>The room must be joined first.</summary>
    NotMember,

    /// <summary>This user may read and not write here.</summary>
    Muted,

    /// <summary>A field is longer than its limit.</summary>
    TooLarge,

    /// <summary>Too many in too short a time.</summary>
    RateLimited,

    /// <summary>The same id came with another body, or the room is of another kind.</summary>
    Conflict,

    /// <summary>What it refers to was deleted.</summary>
    Gone,

    /// <summary>The room, or this connection's list of rooms, is full.</summary>
    RoomFull,

    /// <summary>The room cannot be reached just now; nothing was stored.</summary>
    Unavailable,

    /// <summary>No answer in time; it may have been stored. The same id again tells.</summary>
    Timeout,

    /// <summary>A fault of the server's.</summary>
    Internal,
}
