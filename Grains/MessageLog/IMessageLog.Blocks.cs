namespace OrleansChat.Grains.MessageLog;

/// <summary>The users whom each user has blocked.</summary>
public partial interface IMessageLog
{
    /// <summary>
    /// Blocks a user on behalf of another user. Returns true if the block is stored now or was stored before. Returns
    /// false if the user already has <see cref="BlockRules.MaxBlocks"/> blocks. Two blocks at the same time may both be
    /// stored, even if together they exceed this limit.
    /// </summary>
    Task<bool> BlockAsync(string user, string blocked, CancellationToken cancellationToken);

    /// <summary>Ends a block. Does nothing if there is no such block.</summary>
    Task UnblockAsync(string user, string blocked, CancellationToken cancellationToken);

    /// <summary>Returns the users whom a user has blocked, ordered by user id.</summary>
    Task<IReadOnlyList<string>> BlocksAsync(string user, CancellationToken cancellationToken);

    /// <summary>Returns which of <paramref name="users"/> have blocked <paramref name="user"/>, in any order.</summary>
    Task<IReadOnlyList<string>> BlockersAsync(string user, IReadOnlyCollection<string> users, CancellationToken cancellationToken);

    /// <summary>
    /// Returns which of the two people of a direct room have sent an event, and which of them have blocked the other
    /// one. Both are read from one state of the log. The room need not exist.
    /// </summary>
    Task<DirectFacts> DirectAsync(string room, string user, string other, CancellationToken cancellationToken);
}

/// <summary>
/// Which of the two people of a direct room have sent an event, and which of them have blocked the other one.
/// </summary>
/// <param name="Senders">The people who have sent an event with a client id to the room, in any order.</param>
/// <param name="Blockers">The people who have blocked the other one, in any order.</param>
public sealed record DirectFacts(IReadOnlyList<string> Senders, IReadOnlyList<string> Blockers)
{
    public static readonly DirectFacts None = new([], []);
}

/// <summary>The limit of blocks. All stores apply it.</summary>
public static class BlockRules
{
    /// <summary>Maximum number of users whom one user has blocked.</summary>
    public const int MaxBlocks = 1000;
}
