namespace OrleansChat.Protocol;

/// <summary>
/// A command from a client. In JSON mode, it is one JSON object of a frame. <see cref="CommandReader"/> returns
/// commands that are already checked against the limits. The set of derived types is closed.
/// </summary>
/// <param name="Id">
/// The id of the command, which the client chooses: up to 64 characters; null for none. The answer has the same id. For
/// a send, it is the client id: if the user repeats the send, the room stores only one event.
/// </param>
public abstract record ClientCommand(string? Id);

/// <summary>
/// The first command of a JSON connection. It may identify the user by a token, and it may resume rooms.
/// </summary>
/// <param name="Device">
/// The client's name for its device or installation; null for none. A newer connection of the same user and device
/// replaces the older one.
/// </param>
/// <param name="Rooms">Rooms to resume, each after the last event that the client has.</param>
/// <param name="Conversations">
/// Maximum number of conversations in the list that the server sends after <c>welcome</c>; null for no list.
/// </param>
/// <param name="Since">
/// The cursor of the list that the client has; null for none. See <see cref="Protocol.Conversations"/>.
/// </param>
public sealed record Hello(
    string? Id, string? Token, string? Device, IReadOnlyList<ResumeRoom> Rooms, int? Conversations = null, string? Since = null) : ClientCommand(Id);

/// <summary>The client's cursor in a room that it resumes.</summary>
/// <param name="Room">The user's name for the room.</param>
/// <param name="Seq">The last sequence that the client has; 0 for none.</param>
/// <param name="Epoch">The epoch that the sequence belongs to; null if the client did not send it.</param>
public sealed record ResumeRoom(string Room, long Seq, string? Epoch);

/// <summary>
/// Enters a room. The client may give <paramref name="After"/> or <paramref name="Last"/>, but not both. If it gives
/// neither, delivery starts with the first event after the head.
/// </summary>
/// <param name="Kind">
/// "channel" or "group". If the join creates the room, the room gets this kind. If the room exists with another kind,
/// the join is refused. Null accepts a room of any kind, and creates a channel if the room does not exist.
/// </param>
/// <param name="Resume">
/// True to resume the room, as a cursor in hello does: the join creates no room, and does not make the user a member of
/// a group.
/// </param>
/// <param name="Link">
/// The code of an invitation link of the group; null for none. A join with a code creates no room.
/// </param>
public sealed record Join(
    string? Id, string Room, long? After, string? Epoch, int? Last, string? Kind, bool Resume = false, string? Link = null) : ClientCommand(Id);

/// <summary>
/// Stops the delivery of a room on this connection. If <paramref name="KeepMembership"/> is false, the command also
/// ends the user's membership of a group, or declines an invitation to it.
/// </summary>
public sealed record Leave(string? Id, string Room, bool KeepMembership) : ClientCommand(Id);

/// <summary>
/// Appends an event to a room: a message; an edit, deletion, reaction, pin or unpin that refers to a message; or a
/// change of a group's members, title, settings or invitation links.
/// </summary>
/// <param name="Id">
/// Required. If the user sends this id to this room again, however much later, the room appends no second event.
/// </param>
/// <param name="Text">
/// The text of the message for msg and edit, the emoji for react and unreact, the new title for title. Otherwise null.
/// </param>
/// <param name="Meta">A JSON object as the client sent it, but without white space between tokens; or null.</param>
/// <param name="User">
/// For invite, kick, ban, unban, mute, unmute and role: the user whose rights change. Otherwise null.
/// </param>
/// <param name="Role">For role: owner, moderator or member. Otherwise null.</param>
/// <param name="Until">
/// For ban, mute and link: the end of the ban, mute or link, in milliseconds since 1970 UTC; null for no end.
/// </param>
/// <param name="Settings">For settings: the new settings. Otherwise null.</param>
/// <param name="Code">For link: the code with which users join. Otherwise null.</param>
/// <param name="Uses">For link: the number of users who may join by the link; null for any number.</param>
/// <param name="Mentions">
/// For msg: the user ids that the message mentions, or <see cref="Mention.Everyone"/>, each once. Null for none.
/// </param>
public sealed record Send(
    string Id, string Room, EventKind Kind, string? Text, long? Ref, long? Reply, string? Meta, string? User = null, MemberRole? Role = null,
    long? Until = null, GroupSettings? Settings = null, string? Code = null, int? Uses = null,
    IReadOnlyList<string>? Mentions = null) : ClientCommand(Id);

/// <summary>Moves this user's read mark forward. The server answers only if the command fails.</summary>
public sealed record Mark(string? Id, string Room, long Read) : ClientCommand(Id);

/// <summary>
/// Notifies the other users in a room that this user is typing. The server does not answer. Clients show the notice for
/// 6 s.
/// </summary>
public sealed record Typing(string? Id, string Room) : ClientCommand(Id);

/// <summary>
/// Requests a page of past events. At most one of before, after and around is given. If none is given, the page has the
/// newest events.
/// </summary>
/// <param name="Thread">
/// The sequence of a message, to request only the replies to this message; null for all events. If it is set, around is
/// null.
/// </param>
/// <param name="Pinned">
/// True to request only the pinned messages. If it is true, before, after, around and thread are null, and changes is
/// false.
/// </param>
/// <param name="Changes">
/// True to request only the events that changed a group. If it is true, around and thread are null, and pinned is
/// false.
/// </param>
public sealed record History(
    string? Id, string Room, long? Before, long? After, long? Around, int Limit, long? Thread = null, bool Pinned = false, bool Changes = false)
    : ClientCommand(Id);

/// <summary>Requests the users who are in a room now.</summary>
public sealed record Who(string? Id, string Room) : ClientCommand(Id);

/// <summary>
/// Requests a page of the user's conversations: groups, direct conversations and followed channels. The room with the
/// newest event is first. To request the next page, the client sets <paramref name="Before"/> and
/// <paramref name="Room"/> to the <c>ts</c> and the room of the last entry that it has.
/// </summary>
/// <param name="Since">
/// The cursor of an earlier answer, to request only the conversations that changed since that answer. Null for the
/// whole list.
/// </param>
public sealed record Conversations(string? Id, long? Before, string? Room, int Limit, string? Since = null) : ClientCommand(Id);

/// <summary>
/// Changes the personal settings of a conversation. Other users do not see them. A setting that is null stays as it is.
/// </summary>
/// <param name="Hidden">
/// True removes the conversation from the list until its next event. False adds the conversation again.
/// </param>
/// <param name="Followed">True adds a channel to the list. False removes it. Only for channels.</param>
/// <param name="Muted">
/// The time, in milliseconds since 1970 UTC, until which clients show no notifications of the conversation; 0 for no
/// mute, <see cref="MemberEntry.Forever"/> for no end.
/// </param>
public sealed record SetConversation(
    string? Id, string Room, bool? Pinned, bool? Archived, bool? Hidden, bool? Followed, long? Muted) : ClientCommand(Id);

/// <summary>Creates a private group and joins it. The server generates the group's name.</summary>
/// <param name="Title">The title of the group; null for none.</param>
public sealed record Create(string? Id, string? Title) : ClientCommand(Id);

/// <summary>
/// Requests a page of a group's members, ordered by user id. The page includes invited, muted and banned users.
/// </summary>
/// <param name="After">The last user of the previous page; null for the first page.</param>
public sealed record Members(string? Id, string Room, string? After, int Limit) : ClientCommand(Id);

/// <summary>Requests the users who have read a message of a group or a direct conversation.</summary>
/// <param name="Ref">The sequence of the message.</param>
public sealed record Readers(string? Id, string Room, long Ref) : ClientCommand(Id);

/// <summary>Requests a pong, to test the connection.</summary>
public sealed record Ping(string? Id) : ClientCommand(Id);

/// <summary>Replaces the token of an open connection.</summary>
public sealed record Auth(string? Id, string Token) : ClientCommand(Id);
