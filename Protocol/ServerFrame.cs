namespace OrleansChat.Protocol;

/// <summary>A frame from the server: one JSON object. The set of derived types is closed.</summary>
public abstract record ServerFrame;

/// <summary>The answer to <c>hello</c>: the user's identity, and every limit that applies.</summary>
/// <param name="Session">Name of this session. Clients use it only for logs and support requests.</param>
/// <param name="Heartbeat">Milliseconds without data from the client after which the server sends a ping.</param>
/// <param name="PresenceBound">Milliseconds within which presence is correct again after any failure.</param>
/// <param name="Exp">When the token expires, in Unix seconds; null without a token.</param>
public sealed record Welcome(string? Id, string User, string Session, ProtocolLimits Limits, int Heartbeat, int PresenceBound, long? Exp) : ServerFrame;

/// <summary>The connection has entered a room. The events after <paramref name="After"/> follow.</summary>
/// <param name="Seq">The room's head: its newest sequence.</param>
/// <param name="After">The sequence after which delivery starts.</param>
/// <param name="Read">This user's read mark.</param>
/// <param name="Unread">
/// Number of messages after the read mark that other users sent and that are not deleted, among the newest 1,000 events
/// of the room.
/// </param>
/// <param name="Count">Number of users in the room now.</param>
/// <param name="Kind">"channel", "group" or "direct".</param>
/// <param name="Reset">
/// True if the client's cursor was of another epoch, or past the head. Then the client must discard all events that it
/// has of this room.
/// </param>
/// <param name="Role">The user's role in a group; null in other rooms.</param>
/// <param name="Title">The title of a group; null for none.</param>
/// <param name="Settings">The settings of a group; null if they are the defaults, and in other rooms.</param>
/// <param name="Mentions">How many of the unread messages mention the user or everyone; null for none.</param>
/// <param name="UnreadMore">
/// True if the read mark is before the newest 1,000 events. There may then be more unread messages and mentions.
/// </param>
public sealed record Joined(
    string? Id, string Room, string Kind, long Seq, string Epoch, long After, long Read, long Unread, int Count, bool Reset,
    MemberRole? Role = null, string? Title = null, GroupSettings? Settings = null, long? Mentions = null, bool UnreadMore = false) : ServerFrame;

/// <summary>An event of a room's log (<c>ev</c>).</summary>
/// <param name="Room">The name of the room, as the user who gets the frame calls it.</param>
/// <param name="Ts">Milliseconds since 1970 UTC; never decreases within a room.</param>
/// <param name="Id">The client id of the event; null for users other than the sender.</param>
/// <param name="Edited">True if the text was edited.</param>
/// <param name="User">The user whose rights in a group change; null for other events.</param>
/// <param name="Role">For <see cref="EventKind.Role"/>: the new role. Otherwise null.</param>
/// <param name="Until">
/// For <see cref="EventKind.Ban"/>, <see cref="EventKind.Mute"/> and <see cref="EventKind.Link"/>: the end of the ban,
/// mute or link, in milliseconds since 1970 UTC; null for no end.
/// </param>
/// <param name="Uses">
/// For <see cref="EventKind.Link"/>: the number of users who may join by the link; null for any number.
/// </param>
/// <param name="Settings">For <see cref="EventKind.Settings"/>: the new settings. Otherwise null.</param>
/// <param name="Replies">
/// In a page of history: the number of messages that reply to this one, up to <see cref="Bounds.CountedReplies"/>; null
/// for none. In every other frame: null.
/// </param>
/// <param name="Mentions">
/// The user ids that a message mentions, or <see cref="Mention.Everyone"/>; null for none, and for a deleted message.
/// </param>
public sealed record ChatEvent(
    string Room, long Seq, long Ts, string From, EventKind Kind, string? Text, long? Ref, long? Reply, string? Meta, string? Id, bool Edited,
    string? User = null, MemberRole? Role = null, long? Until = null, GroupSettings? Settings = null, int? Uses = null,
    int? Replies = null, IReadOnlyList<string>? Mentions = null) : ServerFrame;

/// <summary>
/// The command succeeded. For a send, the event is durable. Fields that do not apply are null; <paramref name="Id"/> is
/// null if the command had no id.
/// </summary>
/// <param name="Dup">
/// True if the room already had an event with this id. The sequence and the time are then those of that event.
/// </param>
public sealed record Ok(string? Id, string? Room, long? Seq, long? Ts, bool Dup, long? Exp) : ServerFrame;

/// <summary>The command failed.</summary>
/// <param name="Retry">Milliseconds after which a retry can succeed; null if the code allows no retry.</param>
/// <param name="Room">
/// The room, if a resume without an id was refused, or if the user may no longer be in the room; otherwise null. An
/// error with a room has no id.
/// </param>
public sealed record Err(string? Id, ChatErrorCode Code, string Message, int? Retry, string? Room = null) : ServerFrame;

/// <summary>The answer to <c>history</c>. The events are in ascending order of their sequences.</summary>
/// <param name="First">The first sequence in the page; 0 if the page is empty.</param>
/// <param name="More">
/// True if there are more events of the kind that the page has (all events, replies, pinned messages or changes): newer
/// events if <c>after</c> was given, otherwise older events.
/// </param>
public sealed record Page(string? Id, string Room, IReadOnlyList<ChatEvent> Events, long First, long Last, bool More) : ServerFrame;

/// <summary>The answer to <c>conversations</c>. The conversation with the newest event is first.</summary>
/// <param name="More">True if there are more conversations after these.</param>
/// <param name="Cursor">
/// With this cursor, the client can later request the changes since this answer; null if there is none.
/// </param>
/// <param name="Removed">
/// The rooms that are no longer in the list. Null if the answer is a page of the list, not the changes since a cursor.
/// </param>
/// <param name="Reset">
/// True if the client sent a cursor, but the answer is a new list. The client must discard the list that it has.
/// </param>
public sealed record ConversationList(
    string? Id, IReadOnlyList<ConversationEntry> Rooms, bool More, string? Cursor = null, IReadOnlyList<string>? Removed = null,
    bool Reset = false) : ServerFrame;

/// <summary>A conversation of the user: a group, a direct conversation or a followed channel.</summary>
/// <param name="Room">The user's name for the room.</param>
/// <param name="Kind">"channel", "group" or "direct".</param>
/// <param name="Seq">The room's newest sequence.</param>
/// <param name="Ts">The newest event's time in milliseconds since 1970 UTC; 0 for none.</param>
/// <param name="Read">The user's read mark; 0 for none.</param>
/// <param name="Unread">See <see cref="Joined"/>; 0 for a user who is only invited.</param>
/// <param name="Role">The user's role in a group; null in other rooms.</param>
/// <param name="Title">The title of a group; null for none.</param>
/// <param name="Last">The newest event; null for none, and for a user who is only invited.</param>
/// <param name="Muted">
/// The time, in milliseconds since 1970 UTC, until which clients show no notifications of the conversation; null for no
/// mute.
/// </param>
/// <param name="Mentions">See <see cref="Joined"/>; null for none.</param>
/// <param name="UnreadMore">See <see cref="Joined"/>.</param>
public sealed record ConversationEntry(
    string Room, string Kind, long Seq, long Ts, long Read, long Unread, MemberRole? Role = null, string? Title = null, LastEvent? Last = null,
    bool Followed = false, bool Pinned = false, bool Archived = false, long? Muted = null,
    long? Mentions = null, bool UnreadMore = false);

/// <summary>The newest event of a conversation.</summary>
/// <param name="Text">The beginning of the text; null if the event has no text.</param>
/// <param name="User">The user whose rights in a group changed; null for other events.</param>
public sealed record LastEvent(long Seq, long Ts, string From, EventKind Kind, string? Text, string? User = null);

/// <summary>
/// The user changed the personal settings of a conversation on another connection. The client can request the changes.
/// </summary>
public sealed record ConversationChanged(string Room) : ServerFrame;

/// <summary>The answer to <c>members</c>. The members are ordered by user id.</summary>
/// <param name="More">True if there are more members after these.</param>
public sealed record MemberList(string? Id, string Room, IReadOnlyList<MemberEntry> Members, bool More) : ServerFrame;

/// <summary>The rights of a user in a group.</summary>
/// <param name="Role">Null if the user has no role, but is muted or banned.</param>
/// <param name="Muted">
/// When the mute ends, in milliseconds since 1970 UTC; <see cref="Forever"/> if it never ends; null for a user who is
/// not muted.
/// </param>
/// <param name="Banned">
/// When the ban ends, in milliseconds since 1970 UTC; <see cref="Forever"/> if it never ends; null for a user who is
/// not banned.
/// </param>
public sealed record MemberEntry(string User, MemberRole? Role, long? Muted, long? Banned)
{
    /// <summary>
    /// The end of a mute or ban that never ends: the largest integer that every JSON reader reads exactly.
    /// </summary>
    public const long Forever = (1L << 53) - 1;
}

/// <summary>The answer to <c>readers</c>. The users are ordered by user id.</summary>
/// <param name="Ref">The sequence of the message.</param>
/// <param name="More">True if more users have read the message.</param>
public sealed record ReaderList(string? Id, string Room, long Ref, IReadOnlyList<string> Users, bool More) : ServerFrame;

/// <summary>The answer to <c>blocks</c>. The users are ordered by user id.</summary>
public sealed record BlockList(string? Id, IReadOnlyList<string> Users) : ServerFrame;

/// <summary>The answer to <c>reports</c>. The newest report is first.</summary>
/// <param name="More">True if there are older reports.</param>
public sealed record ReportList(string? Id, string Room, IReadOnlyList<ReportEntry> Reports, bool More) : ServerFrame;

/// <summary>A report of a message.</summary>
/// <param name="Ref">The sequence of the message.</param>
/// <param name="From">The author of the message.</param>
/// <param name="User">The user who reported the message.</param>
/// <param name="Ts">When the message was reported, in milliseconds since 1970 UTC.</param>
/// <param name="Text">The reason; null for none.</param>
public sealed record ReportEntry(long Ref, string From, string User, long Ts, string? Text);

/// <summary>The user is invited to a group. To accept, the client joins the room.</summary>
/// <param name="Title">The title of the group; null for none.</param>
public sealed record Invited(string Room, string? Title) : ServerFrame;

/// <summary>The answer to <c>who</c>.</summary>
/// <param name="Users">The users in the room; null if there are too many to list.</param>
public sealed record WhoIs(string? Id, string Room, int Count, IReadOnlyList<string>? Users) : ServerFrame;

/// <summary>A user is typing. Clients show the notice for 6 s.</summary>
public sealed record TypingNow(string Room, string User) : ServerFrame;

/// <summary>
/// A user came online in the room or went offline. In a large room, <paramref name="User"/> and
/// <paramref name="Online"/> are null, and the frame has only the new count.
/// </summary>
public sealed record Presence(string Room, string? User, bool? Online, int Count) : ServerFrame;

/// <summary>A user's read mark moved.</summary>
public sealed record MarkMoved(string Room, string User, long Read) : ServerFrame;

/// <summary>
/// Events <paramref name="From"/> to <paramref name="To"/>, both included, will not be pushed. The client can read them
/// with history.
/// </summary>
public sealed record Gap(string Room, long From, long To) : ServerFrame;

/// <summary>The connection is not in the room any more, although the client did not leave it.</summary>
/// <param name="Reason">
/// <c>displaced</c>: the connection has too many rooms that the client did not join. These are rooms to which the
/// server added the connection because of a new event, and direct conversations that the client resumed. The next event
/// of <c>Room</c> adds the connection to it again. <c>kicked</c>, <c>banned</c>: another user ended the membership. The
/// client gets the event <c>kick</c> or <c>ban</c> before this frame.
/// </param>
public sealed record Left(string Room, string Reason) : ServerFrame;

/// <summary>The connection is about to close.</summary>
/// <param name="After">
/// Milliseconds that the client must wait before it reconnects; null if the client chooses the time.
/// </param>
public sealed record Bye(CloseCode Code, int? After, string Reason) : ServerFrame;

public sealed record Pong(string? Id) : ServerFrame;
