namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// Reads the message log without going through the rooms' grains. Any number of reads run at the same time on any silo,
/// and no read waits for a send. The key is 0.
/// </summary>
[Alias("chat.history")]
public interface IHistoryGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Reads a page of a room's events for a user. If the user may not read the room, the request is refused. If the
    /// room does not exist, the refusal is <see cref="Refusal.NotFound"/>. For a direct room without a message, the
    /// page is empty. A page has at most <see cref="EventBytes.Page"/> bytes plus one event. Each message has the
    /// number of its replies (<see cref="RoomEvent.Replies"/>). Cancellation stops the read, and no page is returned.
    /// </summary>
    [Alias("pages")]
    Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken);

    /// <summary>
    /// Reads a page of a room's events for a gateway of the previous version, which expects a page without a limit in
    /// bytes. If the user may not read the room, the request is refused. If the room does not exist, the refusal is
    /// <see cref="Refusal.NotFound"/>. The page has up to <paramref name="limit"/> events with a sequence after
    /// <paramref name="after"/>, ascending. A negative <paramref name="after"/> counts back from the head: -20 reads
    /// the newest 20.
    /// </summary>
    [Alias("page")]
    Task<HistoryPage> PageAsync(string room, string user, long after, int limit);

    /// <summary>
    /// Returns the users attached to a room, like <see cref="IRoomGrain.WhoAsync"/>, for a caller that does not know
    /// whether the room exists. This grain calls the room's grain only if the log has the room. So a room that does not
    /// exist gets no activation.
    /// </summary>
    /// <param name="claimed">The actions that the user's token grants in this room.</param>
    [Alias("who")]
    Task<PresenceSnapshot> WhoAsync(string room, string user, int most, RoomAction claimed = RoomAction.None);

    /// <summary>
    /// Reads the events of a room after a sequence, ascending. There is no permission check, because the caller is a
    /// gateway, and all users for whom the gateway reads are in the room. Returns at most <paramref name="limit"/>
    /// events, and at most <see cref="EventBytes.Page"/> bytes plus one event. Throws <see cref="IOException"/> if the
    /// message log cannot be reached.
    /// </summary>
    [Alias("read")]
    Task<RoomEvent[]> ReadAsync(string room, long after, int limit);

    /// <summary>
    /// Reads the heads of rooms from the log, for a gateway's head poller. A call may name at most 4,096 rooms. Throws
    /// <see cref="IOException"/> if the message log cannot be reached.
    /// </summary>
    [Alias("heads")]
    Task<RoomHeads> HeadsAsync(string[] rooms);

    /// <summary>
    /// Lists the conversations of a user: groups, direct conversations and followed channels. The conversation with the
    /// newest event is the first one. If a read mark moved less than a second ago, the list may still have the mark's
    /// old value. The list does not contain rooms that the authorizer does not let the user read. Throws
    /// <see cref="IOException"/> if the message log cannot be reached, or if the authorizer does not answer.
    /// </summary>
    [Alias("conversations")]
    Task<ConversationPage> ConversationsAsync(ConversationAsk ask);

    /// <summary>
    /// Changes the personal settings of a conversation. If the user may not read the room, the change is
    /// refused, with one exception: an invited user may hide the invitation.
    /// </summary>
    [Alias("set-conversation")]
    Task<ConversationReply> SetConversationAsync(ConversationSet set);

    /// <summary>
    /// Whether a user may read or join a private group (<see cref="RoomKey.IsPrivate"/>): as a member, by an invitation
    /// or an invitation link, or because the user's token or the silo's authorizer allows it. If the group does not
    /// exist, the grain makes the same reads as for a group that exists, and returns false. If the message log cannot
    /// be reached or the authorizer does not answer, the grain returns true, so that the group's grain decides.
    /// <para>
    /// For a user who is not attached, a gateway calls the group's grain only if the result is true, or if the command
    /// may create the group. So outsiders cannot find out whether the group exists.
    /// </para>
    /// </summary>
    /// <param name="links">
    /// The <see cref="LinkTerms.HashOf">hashes</see> of the codes that the user gave. Empty for none.
    /// </param>
    /// <param name="claimed">The actions that the user's token grants in this room.</param>
    [Alias("may-enter")]
    Task<bool> MayEnterAsync(string room, string user, string[] links, RoomAction claimed = RoomAction.None);

    /// <summary>
    /// Lists the users of a group, ordered by user id: the members, and invited, muted and banned users. If the asking
    /// user may not read the group, the request is refused.
    /// </summary>
    [Alias("members")]
    Task<MemberPage> MembersAsync(MembersAsk ask);

    /// <summary>
    /// Lists the users who have read a message: the members of a group, or the two people of a direct conversation,
    /// without the author of the message. In a direct conversation, the list is empty until both people have sent an
    /// event, and while one of them has blocked the other. If a read mark moved less than a second ago, the list may
    /// still have the mark's old value. The request is refused if the room is a channel, because a channel has no
    /// members. It is also refused if the asking user may not read the room, or if the message does not exist.
    /// </summary>
    [Alias("readers")]
    Task<ReaderPage> ReadersAsync(ReadersAsk ask);

    /// <summary>
    /// Blocks a user, or ends a block. After the answer, no activation of the direct room of the two users accepts an
    /// event that the block forbids. If the answer is <see cref="Refusal.Unavailable"/>, the block may be stored
    /// without this guarantee. Repeating the request completes the block.
    /// </summary>
    [Alias("block")]
    Task<ConversationReply> BlockAsync(BlockSet set);

    /// <summary>
    /// Returns the users whom a user has blocked, ordered by user id. Throws <see cref="IOException"/> if the message
    /// log cannot be reached.
    /// </summary>
    [Alias("blocks")]
    Task<string[]> BlocksAsync(string user);

    /// <summary>
    /// Reports a message to the moderators of its room. The answer is <see cref="Done"/> or <see cref="Refused"/>. If
    /// the user may not read the room, <see cref="Refused.Message"/> is empty.
    /// </summary>
    [Alias("report")]
    Task<RoomReply> ReportAsync(ReportAsk ask);

    /// <summary>
    /// Returns the newest reports of a room, newest first. The request is refused if the user may not read the room, or
    /// may not moderate it.
    /// </summary>
    [Alias("reports")]
    Task<ReportPage> ReportsAsync(ReportsAsk ask);

    /// <summary>
    /// Removes all reports of a message. The answer is <see cref="Done"/> or <see cref="Refused"/>, as for
    /// <see cref="ReportsAsync"/>.
    /// </summary>
    [Alias("dismiss")]
    Task<RoomReply> DismissAsync(DismissAsk ask);
}

/// <summary>A request for a page of a user's conversations.</summary>
/// <param name="BeforeTs">
/// The <see cref="Conversation.Ts"/> of the last conversation on the previous page; null for the first page.
/// </param>
/// <param name="BeforeRoom">The room of the last conversation on the previous page.</param>
/// <param name="Limit">Maximum number of conversations. A number above 100 counts as 100.</param>
/// <param name="Since">
/// The cursor of an earlier page, to request only the conversations that changed since that page. Null for the whole
/// list.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.conversation-ask")]
public sealed record ConversationAsk(
    [property: Id(0)] string User, [property: Id(1)] long? BeforeTs, [property: Id(2)] string BeforeRoom, [property: Id(3)] int Limit,
    [property: Id(4)] string? Since = null);

/// <summary>A page of a user's conversations, or the changes since a cursor.</summary>
/// <param name="More">True if there are more conversations after these.</param>
/// <param name="Cursor">
/// The cursor with which a later request gets the changes since this page. If a list has several pages, only the first
/// page has a cursor. Null while processes of an older version run, because they do not record changes.
/// </param>
/// <param name="Removed">
/// The keys of the rooms that are no longer conversations of the user. Null if the page is a page of the whole list:
/// <see cref="ConversationAsk.Since"/> was null or not valid, or too much has changed since then.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.conversations")]
public sealed record ConversationPage(
    [property: Id(0)] Conversation[] Conversations, [property: Id(1)] bool More, [property: Id(2)] string? Cursor = null,
    [property: Id(3)] string[]? Removed = null);

/// <summary>A conversation of a user: a group, a direct conversation or a followed channel.</summary>
/// <param name="Room">The room's key.</param>
/// <param name="Seq">The room's newest sequence; 0 if the user is only invited.</param>
/// <param name="Ts">
/// The newest event's time in milliseconds since 1970 UTC, or the invitation's time if the user is only invited; 0 for
/// none.
/// </param>
/// <param name="Read">The user's read mark; 0 for none.</param>
/// <param name="Unread">
/// Number of messages after the read mark that other users sent and that are not deleted, among the newest 1,000
/// events; 0 if the user is only invited.
/// </param>
/// <param name="Role">The user's role in a group; <see cref="RoomRole.None"/> in other rooms.</param>
/// <param name="Title">The title of a group; null for none.</param>
/// <param name="Last">The newest event; null for none, and if the user is only invited.</param>
/// <param name="Mentions">How many of the unread messages mention the user or everyone.</param>
/// <param name="UnreadMore">
/// True if the read mark is before the newest 1,000 events. There may then be more unread messages and mentions.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.conversation")]
public sealed record Conversation(
    [property: Id(0)] string Room, [property: Id(1)] RoomKind Kind, [property: Id(2)] long Seq, [property: Id(3)] long Ts,
    [property: Id(4)] long Read, [property: Id(5)] long Unread, [property: Id(6)] RoomRole Role = RoomRole.None, [property: Id(7)] string? Title = null,
    [property: Id(8)] NewestEvent? Last = null, [property: Id(9)] ConversationSettings Settings = default,
    [property: Id(10)] long Mentions = 0, [property: Id(11)] bool UnreadMore = false);

/// <summary>The newest event of a room.</summary>
/// <param name="Ts">Milliseconds since 1970 UTC.</param>
/// <param name="Text">The first 200 characters of the event's text; null for none.</param>
[GenerateSerializer, Immutable, Alias("chat.newest-event")]
public sealed record NewestEvent(
    [property: Id(0)] long Seq, [property: Id(1)] long Ts, [property: Id(2)] string From, [property: Id(3)] RoomEventKind Kind,
    [property: Id(4)] string? Text);

/// <summary>A user's personal settings of a conversation.</summary>
/// <param name="Followed">Whether the user follows the channel.</param>
/// <param name="MutedUntil">
/// The time, in milliseconds since 1970 UTC, until which clients show no notifications of the conversation; 0 for no
/// mute.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.conversation-settings")]
public readonly record struct ConversationSettings(
    [property: Id(0)] bool Followed, [property: Id(1)] bool Pinned, [property: Id(2)] bool Archived, [property: Id(3)] long MutedUntil);

/// <summary>A change of a user's personal settings of a room. A setting that is null stays as it is.</summary>
/// <param name="Hidden">True hides the conversation until its next event. False shows the conversation again.</param>
/// <param name="MutedUntil">See <see cref="ConversationSettings.MutedUntil"/>.</param>
[GenerateSerializer, Immutable, Alias("chat.conversation-set")]
public sealed record ConversationSet(
    [property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] bool? Followed = null, [property: Id(3)] bool? Pinned = null,
    [property: Id(4)] bool? Archived = null, [property: Id(5)] bool? Hidden = null, [property: Id(6)] long? MutedUntil = null,
    [property: Id(7)] RoomAction Claimed = RoomAction.None);

/// <summary>The answer to a change of personal settings.</summary>
/// <param name="Refusal">
/// Why the change was refused; null if the change is durable, or if <paramref name="TooMany"/> is not null.
/// </param>
/// <param name="TooMany">
/// If the change exceeds a limit: a message that says what the user must do first, such as to stop following a channel.
/// Otherwise null.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.conversation-reply")]
public sealed record ConversationReply([property: Id(0)] Refused? Refusal = null, [property: Id(1)] string? TooMany = null);

/// <summary>A request for a page of a group's members.</summary>
/// <param name="User">The user who asks.</param>
/// <param name="After">The last user id of the previous page; empty for the first page.</param>
/// <param name="Limit">Maximum number of members. A number above 200 counts as 200.</param>
/// <param name="Claimed">The actions that the user's token grants in this room.</param>
[GenerateSerializer, Immutable, Alias("chat.members-ask")]
public sealed record MembersAsk(
    [property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] string After, [property: Id(3)] int Limit,
    [property: Id(4)] RoomAction Claimed = RoomAction.None);

/// <summary>A page of a group's members.</summary>
/// <param name="More">True if there are more members after these.</param>
/// <param name="Refusal">Why the request was refused; null if the page was read.</param>
[GenerateSerializer, Immutable, Alias("chat.members")]
public sealed record MemberPage([property: Id(0)] Member[] Members, [property: Id(1)] bool More, [property: Id(2)] Refusal? Refusal);

/// <summary>The rights of a user in a group.</summary>
/// <param name="MutedUntil">
/// When the mute ends, in milliseconds since 1970 UTC; 0 for no mute, <see cref="MemberChange.Forever"/> for no end.
/// </param>
/// <param name="BannedUntil">
/// When the ban ends, in milliseconds since 1970 UTC; 0 for no ban, <see cref="MemberChange.Forever"/> for no end.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.member")]
public sealed record Member(
    [property: Id(0)] string User, [property: Id(1)] RoomRole Role, [property: Id(2)] long MutedUntil = 0, [property: Id(3)] long BannedUntil = 0)
{
    /// <summary>Whether a user with this role is a member.</summary>
    public static bool Is(RoomRole role) => role is RoomRole.Member or RoomRole.Moderator or RoomRole.Owner;
}

/// <summary>A request for a page of a room's history.</summary>
/// <param name="After">
/// The page begins after this sequence. A negative value counts back from the head: -20 reads the newest 20.
/// </param>
/// <param name="Limit">Maximum number of events.</param>
/// <param name="Whole">
/// If not all events fit into the page, the page has the event with this sequence and the events around it. 0 selects
/// the first events, and <see cref="long.MaxValue"/> selects the last events.
/// </param>
/// <param name="Claimed">The actions that the user's token grants in this room.</param>
/// <param name="Thread">
/// The sequence of a message, to read only the replies to this message; null to read all events. In a page of replies,
/// <paramref name="Limit"/> is the maximum number of replies. If <paramref name="Whole"/> is 0, the page has the oldest
/// replies after <paramref name="After"/>. Otherwise the page has the newest replies before <paramref name="Whole"/>.
/// </param>
/// <param name="Of">
/// Which events the page has; ignored if <paramref name="Thread"/> is not null. For <see cref="PageOf.Pins"/> and
/// <see cref="PageOf.Changes"/>, the other parameters select events as they select replies.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.page-ask")]
public sealed record PageAsk(
    [property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] long After, [property: Id(3)] int Limit,
    [property: Id(4)] long Whole, [property: Id(5)] RoomAction Claimed = RoomAction.None, [property: Id(6)] long? Thread = null,
    [property: Id(7)] PageOf Of = PageOf.All);

/// <summary>Which events of a room a page has. The numbers are sent between processes: never reuse one.</summary>
public enum PageOf
{
    All = 0,

    /// <summary>The pinned messages.</summary>
    Pins = 1,

    /// <summary>
    /// The events that changed a group: deletions, and all kinds from <see cref="RoomEventKind.Invite"/>. Only a user
    /// who may moderate the group may read them.
    /// </summary>
    Changes = 2,
}

/// <summary>A request for the users who have read a message.</summary>
/// <param name="User">The user who asks.</param>
/// <param name="Message">The sequence of the message.</param>
/// <param name="Claimed">The actions that the user's token grants in this room.</param>
[GenerateSerializer, Immutable, Alias("chat.readers-ask")]
public sealed record ReadersAsk(
    [property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] long Message,
    [property: Id(3)] RoomAction Claimed = RoomAction.None);

/// <summary>The users who have read a message.</summary>
/// <param name="Users">Up to 100 user ids, ordered.</param>
/// <param name="More">True if more users have read the message.</param>
/// <param name="Refusal">
/// Why the request was refused; null if the users were read. If the user may not read the room,
/// <see cref="Refused.Message"/> is empty.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.readers")]
public sealed record ReaderPage([property: Id(0)] string[] Users, [property: Id(1)] bool More, [property: Id(2)] Refused? Refusal);

/// <summary>The answer to a head poll.</summary>
/// <param name="Heads">The heads of the rooms that exist, in any order.</param>
/// <param name="Cluster">
/// The version of the cluster membership that the answering silo knows. It grows when a silo joins or leaves.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.heads")]
public sealed record RoomHeads([property: Id(0)] RoomHead[] Heads, [property: Id(1)] long Cluster);

/// <summary>A page of history.</summary>
/// <param name="Head">The room's newest sequence at the time of the read.</param>
/// <param name="Refusal">Why the request was refused; null if the page was read.</param>
/// <param name="More">
/// In a page of replies, of pinned messages or of changes: whether the room has more of these events. They are newer
/// than the page if <see cref="PageAsk.Whole"/> is 0, otherwise older. False in a page of all events.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.page")]
public sealed record HistoryPage(
    [property: Id(0)] RoomEvent[] Events, [property: Id(1)] long Head, [property: Id(2)] Refusal? Refusal, [property: Id(3)] bool More = false);
