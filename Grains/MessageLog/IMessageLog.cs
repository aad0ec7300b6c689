using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// The durable store of every room's events, and the source of truth: grains and gateways keep only copies.
/// Thread-safe. Every method throws <see cref="MessageLogUnavailableException"/> if the store cannot be reached or the
/// outcome is unknown, and <see cref="MessageLogEntryException"/> if the store cannot keep a name or an entry.
/// </summary>
/// <remarks>
/// Two activations of a room can exist for a moment, while silos disagree about the cluster membership. The claim of
/// the newer activation fences the older one: every append has a claim number, and an append under an old number
/// commits nothing.
/// </remarks>
public partial interface IMessageLog
{
    /// <summary>
    /// Raises the room's claim number. After this method returns, only appends under the new number commit. Returns
    /// null and writes nothing if the room does not exist.
    /// </summary>
    Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken);

    /// <summary>
    /// Creates the room if it does not exist, claims it, and appends the entries under that claim. All of this is one
    /// commit, which can also contain changes of other rooms. An existing room keeps its kind. An entry whose time is
    /// before the room's newest event gets the time of that event. The users of a direct room become its stored members
    /// in the same commit. The time limit is <see cref="MessageLogOptions.AppendTimeout"/>. After an exception the
    /// outcome is unknown. Calling again with the same client ids is safe.
    /// </summary>
    Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken);

    /// <summary>
    /// Appends to one room, and completes when the commit is durable. Appends to several rooms may share one commit.
    /// Entries get the next sequences, in their order. An entry whose (user, client id) is already in the log gets no
    /// sequence. Its result is the position of the event that is already in the log. The (user, client id) pairs of one
    /// append must be distinct. The caller must have at most one append per room in flight. After an exception, the
    /// caller must claim the room again before the next append.
    /// </summary>
    Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken);

    /// <summary>
    /// Finds the event of a client id, even if the event was edited or deleted later. The result is marked as a
    /// duplicate, like the result of a repeated append. Returns null if the id was never appended. A room uses this
    /// method to answer a repeated command that it accepted the first time, but would refuse now.
    /// </summary>
    Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken);

    /// <summary>Reads the events of a range, ascending. Empty for a room that does not exist.</summary>
    Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken);

    /// <summary>
    /// Counts the replies to each of these messages, without deleted replies. A count stops at 100. If more than 100
    /// replies to a message were deleted, the message's count may be too low. The result has no entry for a message
    /// without replies.
    /// </summary>
    Task<IReadOnlyDictionary<long, int>> RepliesAsync(string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken);

    /// <summary>
    /// Reads selected events of a room, ascending: the replies to a message, the pinned messages, or the changes of a
    /// group. Empty for a room that does not exist.
    /// </summary>
    Task<SelectedPage> SelectAsync(string room, SelectedRange range, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the sequences of the room's pinned messages, ascending. The room's grain pins at most
    /// <see cref="PinRules.MaxPins"/> messages.
    /// </summary>
    Task<IReadOnlyList<long>> PinsAsync(string room, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the users who have read a message, without its author, ordered by user id: the members of a group, or
    /// the two people of a direct room, whose read mark is at or after the message. In a direct room, the result is
    /// empty until both people have sent an event, and while one of them has blocked the other. In a channel, the
    /// result is empty, because a channel has no members. Null if the room has no such message.
    /// </summary>
    Task<IReadOnlyList<string>?> ReadersAsync(string room, long message, int limit, CancellationToken cancellationToken);

    /// <summary>Returns the heads of the rooms that exist, in any order.</summary>
    Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the head and the settings of a room, and the role, ban and read mark of one user. Does not claim the
    /// room. Null if the room does not exist.
    /// </summary>
    Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken);

    /// <summary>Returns the same facts as <see cref="FactsAsync"/>, and counts what the user has not read.</summary>
    Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the stored users of a group or a direct room: members, and users who are invited, muted or banned. The
    /// members of a group are in the order in which they became members. The users of a direct room are ordered by user
    /// id. Empty for a channel.
    /// </summary>
    Task<IReadOnlyList<Member>> MembersAsync(string room, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the invitation links of a group, in the order of their sequences. A link that has expired or has no uses
    /// left is included until another link is made. Empty for other rooms.
    /// </summary>
    Task<IReadOnlyList<RoomLink>> LinksAsync(string room, CancellationToken cancellationToken);

    /// <summary>
    /// Whether the user may join the group by an invitation link: the group has a usable link
    /// (<see cref="LinkRules.IsUsable"/>) with one of these hashes, and the user is not banned. False if the room does
    /// not exist.
    /// </summary>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    Task<bool> HasLinkAsync(string room, string user, IReadOnlyCollection<string> hashes, long now, CancellationToken cancellationToken);

    /// <summary>
    /// Returns a page of a user's conversations that are not hidden: groups, direct conversations and followed
    /// channels. They are ordered by <see cref="ConversationRow.Ts"/>, newest first. All rows are read from one state
    /// of the log.
    /// </summary>
    /// <param name="before">
    /// The position of the last conversation of the previous page; null for the first page.
    /// </param>
    Task<ConversationRows> ConversationsAsync(string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the conversations of a user that changed since a cursor. A conversation changes with the room's head or
    /// title, and with the user's role, read mark or personal settings. For an invited user, only the invitation and
    /// the personal settings count. Null if the cursor is not a cursor of this log, or if more than
    /// <paramref name="limit"/> conversations changed.
    /// </summary>
    Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Changes the personal settings of a user for a room. The caller has checked that the user may see the room. Two
    /// changes at the same time may both be stored, even if together they exceed a limit of
    /// <see cref="ConversationRules"/>.
    /// </summary>
    Task<ConversationStored> SetConversationAsync(string user, string room, ConversationChange change, CancellationToken cancellationToken);

    /// <summary>
    /// Counts the groups of which the user is a member. A result below <paramref name="most"/> is exact. Any other
    /// result may be too low.
    /// </summary>
    /// <param name="withInvitations">Whether to count also the groups to which the user is invited.</param>
    Task<long> CountGroupsAsync(string user, bool withInvitations, int most, CancellationToken cancellationToken);

    /// <summary>
    /// Moves read marks forward. A mark that would move back is not changed. Read marks need no fence, because the
    /// greatest mark wins.
    /// </summary>
    Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the highest <see cref="LogVersion"/> whose events may be appended. A new log allows every known version.
    /// </summary>
    Task<int> VersionAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Allows the events of a <see cref="LogVersion"/> for ever. From then on, a program that does not know these
    /// events cannot open the log.
    /// </summary>
    Task RaiseVersionAsync(int version, CancellationToken cancellationToken);
}

/// <summary>The result of a claim: the state of the room when it was claimed.</summary>
/// <param name="Number">The claim number for appends.</param>
/// <param name="Epoch">
/// A random id that the room gets at its creation and keeps. A room with the same name in another log has another
/// epoch.
/// </param>
/// <param name="Seq">The newest sequence; 0 for none.</param>
/// <param name="Ts">The newest event's time in milliseconds since 1970 UTC; 0 for none.</param>
/// <param name="Messages">Number of messages up to the head.</param>
/// <param name="Title">The text of the newest <see cref="RoomEventKind.Title"/> event; null for none.</param>
/// <param name="Settings">The settings of the newest <see cref="RoomEventKind.Settings"/> event; null for none.</param>
public sealed record RoomClaim(
    long Number, RoomKind Kind, string Epoch, long Seq, long Ts, long Messages, string? Title = null, RoomSettings? Settings = null);

/// <summary>A room to create.</summary>
/// <param name="Entries">Events to append in the same commit; may be empty.</param>
public sealed record RoomCreation(string Room, RoomKind Kind, IReadOnlyList<MessageLogEntry> Entries);

/// <summary>The result of a creation, also if the room existed already.</summary>
/// <param name="Claim">
/// The claim, with the state of the room before the entries were appended. The sequence of a new room is 0.
/// </param>
/// <param name="Entries">One result for each entry, in order.</param>
public sealed record CreatedRoom(RoomClaim Claim, IReadOnlyList<AppendedEntry> Entries);

/// <summary>Entries to append to one room in one commit.</summary>
/// <param name="Claim">The claim number under which the entries are appended.</param>
public sealed record RoomAppend(string Room, long Claim, IReadOnlyList<MessageLogEntry> Entries)
{
    /// <summary>
    /// The kind of room to create before the append and in the same commit; null if the append creates no room and uses
    /// <see cref="Claim"/>.
    /// </summary>
    internal RoomKind? Create { get; init; }
}

/// <summary>
/// One event to append. If <see cref="RoomRules.IsAlone"/> is true for its kind, it must be the only entry of its
/// append. Some kinds also change other stored data:
/// <list type="bullet">
/// <item><see cref="RoomEventKind.Edit"/> and <see cref="RoomEventKind.Delete"/>: the message that <see cref="Ref"/>
/// names.</item>
/// <item><see cref="RoomEventKind.Msg"/> with <see cref="Mentions"/>: the mentions of the named users.</item>
/// <item><see cref="RoomEventKind.Title"/> and <see cref="RoomEventKind.Settings"/>: the title or the settings of the
/// room.</item>
/// <item>In a group, <see cref="RoomEventKind.Join"/>, <see cref="RoomEventKind.Leave"/> and the kinds with a
/// <see cref="MemberChange"/>: the members (<see cref="MemberRules"/>).</item>
/// <item>In a group, <see cref="RoomEventKind.Link"/>, <see cref="RoomEventKind.Unlink"/>, and
/// <see cref="RoomEventKind.Join"/> with a ref: the invitation links (<see cref="LinkRules"/>).</item>
/// <item><see cref="RoomEventKind.Pin"/>, <see cref="RoomEventKind.Unpin"/> and <see cref="RoomEventKind.Delete"/>: the
/// pinned messages (<see cref="PinRules"/>).</item>
/// </list>
/// </summary>
/// <param name="ClientId">
/// The idempotency key, unique within (room, user); null for events that the server writes.
/// </param>
/// <param name="Hash">
/// A hash of the body, stored with the client id. When the message is deleted, <see cref="AnyHash"/> replaces the hash.
/// </param>
/// <param name="Ts">Milliseconds since 1970 UTC.</param>
public sealed record MessageLogEntry(
    string User, string? ClientId, long Hash, long Ts, RoomEventKind Kind, string? Text, long? Ref, long? Reply, string? Meta)
{
    /// <summary>
    /// The hash of a deleted message and of its edits. It matches every body. So nobody can guess a deleted text from
    /// its hash, and a repeated client id still gets its first answer.
    /// </summary>
    public const long AnyHash = 0;

    /// <summary>
    /// The names that a message mentions (<see cref="MentionList"/>); null for none. A deletion of the message erases
    /// them. An edit does not change them.
    /// </summary>
    public string? Mentions { get; init; }
}

/// <summary>The result of an append.</summary>
/// <param name="Fenced">
/// True if the claim number is not the room's current one. Then nothing was committed, and the caller no longer owns
/// the room.
/// </param>
/// <param name="Entries">One result for each entry, in order; empty if fenced.</param>
public sealed record AppendResult(bool Fenced, IReadOnlyList<AppendedEntry> Entries)
{
    /// <summary>The result of an append under a stale claim number.</summary>
    public static readonly AppendResult FencedOff = new(true, []);

    /// <summary>The claim that the creation of a room made; null if the append creates no room.</summary>
    internal RoomClaim? Claim { get; init; }
}

/// <summary>The position of an entry in the log.</summary>
/// <param name="Hash">The body hash stored with the client id; for a duplicate, the hash of the first entry.</param>
/// <param name="Messages">Number of messages up to and including this entry.</param>
/// <param name="Duplicate">Whether the client id was already in the log.</param>
public readonly record struct AppendedEntry(long Seq, long Ts, long Hash, long Messages, bool Duplicate);

/// <summary>The head and the settings of a room, and the role, ban and read mark of one user.</summary>
/// <param name="Read">The user's read mark; 0 for none.</param>
/// <param name="Role">The stored role; <see cref="RoomRole.Member"/> for the users of a direct room.</param>
/// <param name="BannedUntil">See <see cref="Member.BannedUntil"/>.</param>
/// <param name="Settings">See <see cref="RoomClaim"/>.</param>
public sealed record RoomFacts(
    RoomKind Kind, long Seq, long Messages, RoomRole Role, long Read, long BannedUntil = 0, RoomSettings? Settings = null)
{
    public bool IsMember => Member.Is(Role);
}

/// <summary>An invitation link of a group.</summary>
/// <param name="Seq">The sequence of the link's event. It identifies the link.</param>
/// <param name="User">The user who made the link.</param>
/// <param name="Hash">The hash of the link's code (<see cref="LinkTerms.HashOf"/>).</param>
/// <param name="MaxUses">The number of users who may join by the link; null for any number.</param>
/// <param name="Until">When the link expires, in milliseconds since 1970 UTC; null for never.</param>
/// <param name="Used">The number of users who have joined by the link.</param>
public sealed record RoomLink(long Seq, string User, string Hash, int? MaxUses, long? Until, int Used);

/// <summary>How far a user has read.</summary>
public readonly record struct ReadMark(string Room, string User, long Seq);

/// <summary>The message log cannot be reached, or the outcome of an append is unknown.</summary>
public sealed class MessageLogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

public static class MessageLogExtensions
{
    /// <summary>Creates an empty room, or claims it if it exists.</summary>
    public static async Task<RoomClaim> CreateAsync(this IMessageLog log, string room, RoomKind kind, CancellationToken cancellationToken) =>
        (await log.CreateAsync(new RoomCreation(room, kind, []), cancellationToken)).Claim;
}
