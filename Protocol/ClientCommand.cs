namespace OrleansChat.Protocol;

/// <summary>
/// A command from a client, sent as one JSON object of a frame. <see cref="CommandReader"/> returns commands that are
/// already checked against the limits. The set of derived types is closed.
/// </summary>
/// <param name="Id">
/// Chosen by the client, up to 64 characters; the answer carries it. For a send it is the idempotency key.
/// </param>
public abstract record ClientCommand(string? Id);

/// <summary>
/// The first command of a JSON connection. It may identify the user by a token, and it may resume rooms.
/// </summary>
/// <param name="Device">
/// Name of this installation, or null. A newer connection of the same user and device replaces the older one.
/// </param>
/// <param name="Rooms">Rooms to resume, each after the last event that the client has.</param>
public sealed record Hello(string? Id, string? Token, string? Device, IReadOnlyList<ResumeRoom> Rooms) : ClientCommand(Id);

/// <summary>The client's cursor in one room.</summary>
/// <param name="Room">The room as this user names it.</param>
/// <param name="Seq">The last sequence that the client has; 0 for none.</param>
/// <param name="Epoch">The epoch that the sequence belongs to; null if the client knows none.</param>
public sealed record ResumeRoom(string Room, long Seq, string? Epoch);

/// <summary>
/// Enters a room. At most one of <paramref name="After"/> and <paramref name="Last"/> is given; with neither, delivery
/// starts at the head.
/// </summary>
/// <param name="Kind">
/// "channel" or "group": creates a missing room as this kind, and refuses a room of another kind. Null accepts any
/// kind.
/// </param>
/// <param name="Resume">
/// True to enter the room as a cursor in hello does: no room is created, and the user does not become a member of a
/// group.
/// </param>
public sealed record Join(string? Id, string Room, long? After, string? Epoch, int? Last, string? Kind, bool Resume = false) : ClientCommand(Id);

/// <summary>
/// Stops delivery on this connection. If <paramref name="KeepMembership"/> is false, also ends the membership of a
/// group.
/// </summary>
public sealed record Leave(string? Id, string Room, bool KeepMembership) : ClientCommand(Id);

/// <summary>Appends to a room: a message, or an edit, deletion or reaction that refers to one.</summary>
/// <param name="Id">Required: the idempotency key in the scope (user, room). It is never forgotten.</param>
/// <param name="Text">Null for a deletion; the emoji for react and unreact.</param>
/// <param name="Meta">A JSON object without white space between its tokens, otherwise verbatim; or null.</param>
public sealed record Send(string Id, string Room, EventKind Kind, string? Text, long? Ref, long? Reply, string? Meta) : ClientCommand(Id);

/// <summary>Moves this user's read mark forward. Only a failure is answered.</summary>
public sealed record Mark(string? Id, string Room, long Read) : ClientCommand(Id);

/// <summary>Notifies the room that this user is typing. It has no answer. Clients show it for six seconds.</summary>
public sealed record Typing(string? Id, string Room) : ClientCommand(Id);

/// <summary>
/// Asks for a page of past events. At most one of before, after and around is given; with none, the newest events.
/// </summary>
public sealed record History(string? Id, string Room, long? Before, long? After, long? Around, int Limit) : ClientCommand(Id);

/// <summary>Asks who is in a room now.</summary>
public sealed record Who(string? Id, string Room) : ClientCommand(Id);

/// <summary>
/// Asks for the user's groups and direct conversations, the one with the newest event first. With
/// <paramref name="Before"/> and <paramref name="Room"/>, the <c>ts</c> and the room of the last one of a page, asks for
/// those after it.
/// </summary>
public sealed record Conversations(string? Id, long? Before, string? Room, int Limit) : ClientCommand(Id);

/// <summary>Asks for a pong, to test the connection.</summary>
public sealed record Ping(string? Id) : ClientCommand(Id);

/// <summary>Replaces the token of an open connection.</summary>
public sealed record Auth(string? Id, string Token) : ClientCommand(Id);
