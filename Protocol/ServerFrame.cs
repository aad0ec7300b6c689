namespace OrleansChat.Protocol;

/// <summary>What the server says: one JSON object of a frame. A closed family.</summary>
public abstract record ServerFrame;

/// <summary>The answer to a hello: who you are, and every limit that holds here.</summary>
/// <param name="Session">This conversation's name, for support and logs; nothing depends on it.</param>
/// <param name="Heartbeat">Milliseconds between the server's pings.</param>
/// <param name="PresenceBound">Milliseconds within which presence is right after any failure.</param>
/// <param name="Exp">When the token expires, Unix seconds; null where it does not.</param>
public sealed record Welcome(string? Id, string User, string Session, ProtocolLimits Limits, int Heartbeat, int PresenceBound, long? Exp) : ServerFrame;

/// <summary>A room is now on this connection; its events follow, from the one after <paramref name="After"/>.</summary>
/// <param name="Seq">The head: the newest sequence of the room.</param>
/// <param name="After">Where delivery starts.</param>
/// <param name="Read">This user's read mark.</param>
/// <param name="Unread">Messages after the read mark.</param>
/// <param name="Count">Users attached now.</param>
/// <param name="Kind">"channel", "group" or "direct".</param>
/// <param name="Reset">True where the cursor belonged to another epoch or lay ahead of the head: forget what you have.</param>
public sealed record Joined(
    string? Id, string Room, string Kind, long Seq, string Epoch, long After, long Read, long Unread, int Count, bool Reset) : ServerFrame;

/// <summary>An event of a room's log (<c>ev</c>).</summary>
/// <param name="Room">The viewer's own name for the room.</param>
/// <param name="Prev">The event before it on this connection; null when that is <c>Seq - 1</c>.</param>
/// <param name="Ts">Milliseconds since 1970 UTC; never goes back within a room.</param>
/// <param name="Id">The sender's idempotency key, only on the sender's own connections.</param>
/// <param name="Edited">True where the text is not the first one.</param>
public sealed record ChatEvent(
    string Room, long Seq, long? Prev, long Ts, string From, EventKind Kind, string? Text, long? Ref, long? Reply, string? Meta, string? Id, bool Edited)
    : ServerFrame;

/// <summary>Done. For a send: the event is durable. All but <paramref name="Id"/> are null where they do not apply.</summary>
/// <param name="Dup">True where this id was answered before: sequence and time are the first answer's.</param>
public sealed record Ok(string? Id, string? Room, long? Seq, long? Ts, bool Dup, long? Exp) : ServerFrame;

/// <summary>Not done, and why.</summary>
/// <param name="Retry">Milliseconds after which trying again can help; null where it cannot.</param>
/// <param name="Room">The room of a cursor of hello, which has no id of its own; else null.</param>
public sealed record Err(string? Id, ErrorCode Code, string Message, int? Retry, string? Room = null) : ServerFrame;

/// <summary>The answer to history, in ascending sequence.</summary>
/// <param name="First">The first sequence the page covers, 0 where it is empty.</param>
/// <param name="More">True where there is more in the direction asked for.</param>
public sealed record Page(string? Id, string Room, IReadOnlyList<ChatEvent> Events, long First, long Last, bool More) : ServerFrame;

/// <summary>The answer to who.</summary>
/// <param name="Users">Null where there are too many to name.</param>
public sealed record WhoIs(string? Id, string Room, int Count, IReadOnlyList<string>? Users) : ServerFrame;

/// <summary>Somebody is typing; it fades after six seconds.</summary>
public sealed record TypingNow(string Room, string User) : ServerFrame;

/// <summary>Somebody came or went, or, with <paramref name="User"/> null, only the count changed (large rooms).</summary>
public sealed record Presence(string Room, string? User, bool? Online, int Count) : ServerFrame;

/// <summary>A read mark moved.</summary>
public sealed record MarkMoved(string Room, string User, long Read) : ServerFrame;

/// <summary>Events <paramref name="From"/> to <paramref name="To"/>, both included, will not be pushed; history has them.</summary>
public sealed record Gap(string Room, long From, long To) : ServerFrame;

/// <summary>The connection is about to close.</summary>
/// <param name="After">Milliseconds to wait before coming back; null where the client decides.</param>
public sealed record Bye(CloseCode Code, int? After, string Reason) : ServerFrame;

/// <summary>The answer to ping.</summary>
public sealed record Pong(string? Id) : ServerFrame;
