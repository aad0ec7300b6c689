namespace OrleansChat.Protocol;

/// <summary>Why a command failed. On the wire, each code is its name in snake case.</summary>
public enum ChatErrorCode
{
    /// <summary>The frame or a field is malformed; the message names the field.</summary>
    BadRequest,

    /// <summary>The server knows no command of this type (<c>t</c>).</summary>
    UnknownType,

    /// <summary>The connection has no valid identity, or the client has not sent <c>hello</c> yet.</summary>
    Unauthorized,

    /// <summary>The token was valid and has expired.</summary>
    TokenExpired,

    /// <summary>The user may not carry out this command.</summary>
    Forbidden,

    /// <summary>
    /// The room does not exist, or the message, member, ban, mute or link that the command names does not exist.
    /// </summary>
    NotFound,

    /// <summary>The room was not joined on this connection, or the user is not a member of this group.</summary>
    NotMember,

    /// <summary>The user is muted in this group: the user may read the group, but not write to it.</summary>
    Muted,

    /// <summary>
    /// A field is too long, a frame has too many commands, or the user has too many followed channels, personal
    /// settings or blocks.
    /// </summary>
    TooLarge,

    /// <summary>The user or the connection sent too much in too short a time.</summary>
    RateLimited,

    /// <summary>
    /// The user sent this id before with other content, the room is not of the requested kind, or the group has another
    /// link with this code.
    /// </summary>
    Conflict,

    /// <summary>The message that <c>ref</c> names was deleted.</summary>
    Gone,

    /// <summary>
    /// The room has too many users, members, invited users, banned and muted users, links, pinned messages or reports;
    /// or the user is in too many groups; or the connection may not join more rooms.
    /// </summary>
    RoomFull,

    /// <summary>
    /// The server cannot execute the command now. For example, the room or the message log cannot be reached, or too
    /// many commands are waiting. A send may have been stored: send it again with the same id.
    /// </summary>
    Unavailable,

    /// <summary>The room did not answer in time. A send may have been stored: send it again with the same id.</summary>
    Timeout,

    /// <summary>The server failed.</summary>
    Internal,
}
