namespace OrleansChat.Protocol.Json;

/// <summary>Every field of every object on the wire, each spelled once; <see cref="Words{T}"/> gives the spelling.</summary>
internal enum Field
{
    // Of every object.
    T,
    Id,

    // Of a room and its events.
    Room,
    Seq,
    Epoch,
    Prev,
    Ts,
    From,
    Kind,
    Text,
    Ref,
    Reply,
    Meta,
    Edited,

    // Of commands.
    Token,
    Device,
    Rooms,
    After,
    Last,
    Member,
    Read,
    Before,
    Around,
    Limit,

    // Of what the server says.
    User,
    Session,
    Limits,
    Heartbeat,
    PresenceBound,
    Exp,
    Unread,
    Count,
    Reset,
    Dup,
    Code,
    Message,
    Retry,
    Events,
    First,
    More,
    Users,
    Online,
    To,
    Reason,

    // Of the limits in a welcome.
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

    // Of a meta object: the text is told in the third person, as in "bob waves".
    Me,
}
