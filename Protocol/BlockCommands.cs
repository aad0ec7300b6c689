namespace OrleansChat.Protocol;

/// <summary>
/// Blocks another user. The server then refuses messages in the direct conversation of the two, and invitations of the
/// blocked user, and leaves out the blocked user's mentions of this user.
/// </summary>
public sealed record Block(string? Id, string User) : ClientCommand(Id);

/// <summary>Ends a block.</summary>
public sealed record Unblock(string? Id, string User) : ClientCommand(Id);

/// <summary>Requests the users whom this user has blocked.</summary>
public sealed record Blocks(string? Id) : ClientCommand(Id);
