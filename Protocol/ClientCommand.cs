namespace OrleansChat.Protocol;

/// <summary>What a client asks for: one JSON object of a frame, already checked against the limits. A closed family.</summary>
/// <param name="Id">The client's own string, up to 64 characters; the answer carries it. For a send it is the idempotency key.</param>
public abstract record ClientCommand(string? Id);

/// <summary>The first command of a JSON connection: who speaks, and the cursors it had.</summary>
/// <param name="Device">A name for this installation; a newer connection of the same device replaces the older one.</param>
/// <param name="Rooms">Rooms to resume, each after the last event seen.</param>
public sealed record Hello(string? Id, string? Token, string? Device, IReadOnlyList<ResumeRoom> Rooms) : ClientCommand(Id);

/// <summary>One cursor of a hello.</summary>
/// <param name="Room">The room, as this user names it.</param>
/// <param name="Seq">The last sequence seen, 0 for none.</param>
/// <param name="Epoch">The log's incarnation that sequence belongs to; null where the client knows none.</param>
public sealed record ResumeRoom(string Room, long Seq, string? Epoch);

/// <summary>Enter a room. At most one of <paramref name="After"/> and <paramref name="Last"/> is given; with neither, delivery starts at the head.</summary>
/// <param name="Kind">"channel" or "group" when the room is to be made so; null takes whatever is there.</param>
public sealed record Join(string? Id, string Room, long? After, string? Epoch, int? Last, string? Kind) : ClientCommand(Id);

/// <summary>Stop delivery on this connection; with <paramref name="KeepMembership"/> false, give up membership too.</summary>
public sealed record Leave(string? Id, string Room, bool KeepMembership) : ClientCommand(Id);

/// <summary>Append to a room: a message, or an edit, deletion or reaction that refers to one.</summary>
/// <param name="Id">Required: the idempotency key in the scope (user, room), for ever.</param>
/// <param name="Text">Null for a delete; the emoji for react and unreact.</param>
/// <param name="Meta">A JSON object, verbatim, or null.</param>
public sealed record Send(string Id, string Room, EventKind Kind, string? Text, long? Ref, long? Reply, string? Meta) : ClientCommand(Id);

/// <summary>Move this user's read mark forward. It has no answer.</summary>
public sealed record Mark(string? Id, string Room, long Read) : ClientCommand(Id);

/// <summary>Tell the others that this user is typing. It has no answer and fades after six seconds.</summary>
public sealed record Typing(string? Id, string Room) : ClientCommand(Id);

/// <summary>A page of the past. At most one of before, after and around; with none, the newest.</summary>
public sealed record History(string? Id, string Room, long? Before, long? After, long? Around, int Limit) : ClientCommand(Id);

/// <summary>Who is in a room now.</summary>
public sealed record Who(string? Id, string Room) : ClientCommand(Id);

/// <summary>Is anybody there?</summary>
public sealed record Ping(string? Id) : ClientCommand(Id);

/// <summary>A fresh token on a living connection.</summary>
public sealed record Auth(string? Id, string Token) : ClientCommand(Id);
