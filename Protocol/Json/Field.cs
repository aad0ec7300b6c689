namespace OrleansChat.Protocol.Json;

/// <summary>
/// Every field of every object on the wire. <see cref="Words{T}"/> converts the names of this enum to snake case.
/// </summary>
internal enum Field
{
    // All objects.
    T,
    Id,

    // Rooms and their events.
    Room,
    Seq,
    Epoch,
    Ts,
    From,
    Kind,
    Text,
    Ref,
    Reply,
    Meta,
    Mentions,
    Edited,
    Replies,

    // Commands.
    Token,
    Device,
    Rooms,
    After,
    Last,
    Member,
    Resume,
    Link,
    Read,
    Before,
    Around,
    Thread,
    Limit,
    Role,
    Until,
    Uses,
    Title,
    Settings,
    Private,
    Moderators,
    Conversations,
    Since,
    Pinned,
    Archived,
    Hidden,
    Followed,

    // Server frames.
    User,
    Session,
    Limits,
    Heartbeat,
    PresenceBound,
    Exp,
    Unread,
    UnreadMore,
    Count,
    Reset,
    Cursor,
    Removed,
    Dup,
    Code,
    Message,
    Retry,
    Events,
    First,
    More,
    Users,
    Members,
    Reports,
    Muted,
    Banned,
    Online,
    To,
    Reason,

    // The limits in welcome.
    FrameBytes,
    TextCharacters,
    TextBytes,
    MetaBytes,
    RoomsPerConnection,
    CommandsPerFrame,
    SendsPerSecond,
    SendBurst,
    ConnectionsPerUser,
    HistoryEvents,
    ReplayEvents,

    // The meta object of text mode: true if the message is shown in the third person, such as "bob waves".
    Me,
}
