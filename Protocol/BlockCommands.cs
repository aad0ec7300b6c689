namespace OrleansChat.Protocol;

/// <summary>
/// Blocks another user. The server then refuses every send in the direct conversation of the two users, and every
/// invitation of this user by the blocked user. It also removes mentions of this user from the blocked user's messages.
/// </summary>
public sealed record Block(string? Id, string User) : ClientCommand(Id);

/// <summary>Ends a block.</summary>
public sealed record Unblock(string? Id, string User) : ClientCommand(Id);

/// <summary>Requests the users whom this user has blocked.</summary>
public sealed record Blocks(string? Id) : ClientCommand(Id);
