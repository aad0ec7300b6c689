using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Log;

/// <summary>
/// The truth: every room's events, dense and durable. Safe for any number of callers. Every method throws
/// <see cref="LogUnavailableException"/> when the store cannot be reached or the outcome is not known.
/// </summary>
/// <remarks>
/// Two activations of a room can live for a moment while silos disagree. A claim fences the older one: appends carry the claim
/// number, and an append under an old number commits nothing.
/// </remarks>
public interface IMessageLog
{
    /// <summary>Raises the room's claim number. From its return on, only appends under that number commit. Null for a room that does not exist.</summary>
    Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken);

    /// <summary>Makes the room where there is none (an existing one keeps its kind), then claims it.</summary>
    Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken);

    /// <summary>
    /// Appends to one room; appends to several rooms that wait at the same time share one commit. Completes after the commit is durable.
    /// Entries get the next sequences in their order; one whose (user, client id) is in the log already gets none and is answered from the log.
    /// A caller has at most one append a room in flight, client ids are distinct within it, and after an exception it claims again first.
    /// </summary>
    Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken);

    /// <summary>
    /// Where the event of a client id is (a duplicate, as an append of it would be told), whatever became of it since; null where that id was never appended. For answering a repeated
    /// command that would be refused today: its first answer stands.
    /// </summary>
    Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken);

    /// <summary>Events after a sequence, ascending, at most <paramref name="limit"/>. Empty for a room that does not exist.</summary>
    Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken);

    /// <summary>The heads of those of the rooms that exist, in any order.</summary>
    Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken);

    /// <summary>What a reader may need to know of a room without claiming it. Null for a room that does not exist.</summary>
    Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken);

    /// <summary>The members of a group. Empty for other rooms.</summary>
    Task<IReadOnlyList<string>> MembersAsync(string room, CancellationToken cancellationToken);

    /// <summary>Moves read marks forward; one that would go back stays. Not fenced: the greatest wins.</summary>
    Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken);
}

/// <summary>A room as its new owner found it.</summary>
/// <param name="Number">The claim number to append under.</param>
/// <param name="Epoch">The log's incarnation; made with the room, never changed.</param>
/// <param name="Seq">The newest sequence, 0 for none.</param>
/// <param name="Ts">The newest event's time, 0 for none.</param>
/// <param name="Messages">Messages up to the head.</param>
public sealed record RoomClaim(long Number, RoomKind Kind, string Epoch, long Seq, long Ts, long Messages);

/// <summary>A batch for one room.</summary>
/// <param name="Claim">The claim number it is appended under.</param>
public sealed record RoomAppend(string Room, long Claim, IReadOnlyList<LogEntry> Entries);

/// <summary>One event to append. <see cref="RoomEventKind.Edit"/> and <see cref="RoomEventKind.Delete"/> also rewrite what the log shows of
/// <see cref="Ref"/>; <see cref="RoomEventKind.Join"/> and <see cref="RoomEventKind.Leave"/> also change the members.</summary>
/// <param name="ClientId">The idempotency key in the scope (room, user); null for events of the server's own.</param>
/// <param name="Hash">A hash of the body, kept with the key for ever.</param>
public sealed record LogEntry(
    string User, string? ClientId, long Hash, long Ts, RoomEventKind Kind, string? Text, long? Ref, long? Reply, string? Meta);

/// <summary>How an append ended.</summary>
/// <param name="Fenced">True where the claim number is not the room's: nothing was committed, and the owner steps down.</param>
/// <param name="Entries">One for each entry, in order; empty where fenced.</param>
public sealed record AppendResult(bool Fenced, IReadOnlyList<AppendedEntry> Entries)
{
    /// <summary>The claim number was not the room's.</summary>
    public static readonly AppendResult FencedOff = new(true, []);
}

/// <summary>Where an entry is in the log.</summary>
/// <param name="Hash">The body hash kept with the key: of an earlier entry where <paramref name="Duplicate"/> is true.</param>
/// <param name="Messages">Messages up to and including this entry.</param>
public readonly record struct AppendedEntry(long Seq, long Ts, long Hash, long Messages, bool Duplicate);

/// <summary>A room as a reader sees it.</summary>
/// <param name="Read">The user's read mark, 0 for none.</param>
/// <param name="ReadMessages">Messages up to and including the read mark.</param>
public sealed record RoomFacts(RoomKind Kind, long Seq, long Messages, bool IsMember, long Read, long ReadMessages);

/// <summary>How far a user has read.</summary>
public readonly record struct ReadMark(string Room, string User, long Seq);

/// <summary>The log cannot be reached, or nobody knows how an append ended.</summary>
public sealed class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
