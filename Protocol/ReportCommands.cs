namespace OrleansChat.Protocol;

/// <summary>Reports a message of another user to the moderators of the room.</summary>
/// <param name="Ref">The sequence of the message.</param>
/// <param name="Text">The reason; null for none.</param>
public sealed record Report(string? Id, string Room, long Ref, string? Text) : ClientCommand(Id);

/// <summary>Requests the newest reports of a room.</summary>
public sealed record Reports(string? Id, string Room, int Limit) : ClientCommand(Id);

/// <summary>Removes all reports of a message.</summary>
/// <param name="Ref">The sequence of the message.</param>
public sealed record Dismiss(string? Id, string Room, long Ref) : ClientCommand(Id);
