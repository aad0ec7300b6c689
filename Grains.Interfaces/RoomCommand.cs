namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// Commands of one gateway to one room, in the order in which its sessions sent them. A gateway has at most one call to
/// a room in flight.
/// </summary>
/// <param name="Gateway">The gateway's id, which is also the key of its gateway stream.</param>
/// <param name="Claim">
/// The claim number of the activation to which this gateway last reported its attached users; 0 if no user is attached,
/// -1 if the gateway still has to report the users. If the number is neither 0 nor the room's current claim, the
/// gateway retries a post that the room refuses as <see cref="Refusal.NotMember"/>. The room then also refuses the same
/// user's later posts in this call, to keep the order of the posts.
/// </param>
/// <param name="Number">
/// A number that grows with each call of the gateway; 0 for no number. When the gateway makes a call with a higher
/// number, it has given up its older call. The room then refuses the remaining commands of the older call.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.room-commands")]
public sealed record RoomCommands(
    [property: Id(0)] string Gateway, [property: Id(1)] RoomCommand[] Commands, [property: Id(2)] long Claim = 0, [property: Id(3)] long Number = 0);

/// <summary>The answers, one for each command, in the same order.</summary>
/// <param name="Claim">
/// The activation's claim number; 0 if the activation has not claimed the room. See <see cref="RoomHead"/>.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.room-replies")]
public sealed record RoomReplies([property: Id(0)] long Claim, [property: Id(1)] RoomReply[] Replies);

/// <summary>A command to a room. All derived types are in this file.</summary>
[GenerateSerializer, Immutable, Alias("chat.command")]
public abstract record RoomCommand([property: Id(0)] string User)
{
    /// <summary>The actions that the user's token grants in this room.</summary>
    [Id(1)] public RoomAction Claimed { get; init; }
}

/// <summary>
/// Attaches the user, and also the gateway if it is not attached yet. The gateway sends this command for the user's
/// first subscription to the room. The answer is <see cref="Entered"/> or <see cref="Refused"/>.
/// </summary>
/// <param name="Create">
/// The kind of room to create if the room does not exist; null to create no room. A direct room is created by its first
/// message, never by this command.
/// </param>
/// <param name="Require">The kind that the room must have; null for any kind.</param>
/// <param name="AsMember">
/// True for a resume, and for a session that joins because of a notification. The command then creates no room and adds
/// no member. If the user is not a member of the group and may not read the group, the room refuses the command.
/// </param>
/// <param name="Link">
/// The <see cref="LinkTerms.HashOf">hash</see> of the code of an invitation link; null for none. The room uses the link
/// only if the user may not join without it.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.enter")]
public sealed record Enter(
    string User, [property: Id(0)] RoomKind? Create, [property: Id(1)] RoomKind? Require, [property: Id(2)] bool AsMember = false,
    [property: Id(3)] string? Link = null) : RoomCommand(User);

/// <summary>
/// Detaches the user, or ends the user's membership of a group, or both. The gateway sends this command when the user's
/// last subscription to the room has ended, or when the user leaves the group. The answer is <see cref="Done"/> or
/// <see cref="Refused"/>.
/// </summary>
/// <param name="EndMembership">Whether the user's membership of the group ends.</param>
/// <param name="Stays">
/// True if the user has other subscriptions on this gateway. The user then stays attached, unless the membership ends.
/// </param>
/// <param name="Declines">
/// True if the command may end an invitation, but not a membership. If the user is not invited, the room refuses the
/// command.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.exit")]
public sealed record Exit(
    string User, [property: Id(0)] bool EndMembership, [property: Id(1)] bool Stays = false, [property: Id(2)] bool Declines = false)
    : RoomCommand(User);

/// <summary>
/// Appends an event. The answer is <see cref="Posted"/>, after the event is durable, or <see cref="Refused"/>.
/// </summary>
/// <param name="ClientId">
/// The idempotency key. The user never sends another event with the same key to this room.
/// </param>
/// <param name="Mentions">
/// The names that a message mentions (<see cref="MentionList"/>); null for none, and for all other events.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.post")]
public sealed record Post(
    string User,
    [property: Id(0)] string ClientId,
    [property: Id(1)] RoomEventKind Kind,
    [property: Id(2)] string? Text,
    [property: Id(3)] long? Ref,
    [property: Id(4)] long? Reply,
    [property: Id(5)] string? Meta,
    [property: Id(6)] string? Mentions = null) : RoomCommand(User);

/// <summary>
/// Moves the user's read mark forward. The answer is <see cref="Done"/> or <see cref="Refused"/>. If the mark is
/// already at this sequence or after it, the answer is <see cref="Done"/>.
/// </summary>
/// <param name="Read">The sequence up to which the user has read.</param>
[GenerateSerializer, Immutable, Alias("chat.mark")]
public sealed record MarkRead(string User, [property: Id(0)] long Read) : RoomCommand(User);

/// <summary>An answer of a room. All derived types are in this file.</summary>
[GenerateSerializer, Immutable, Alias("chat.reply")]
public abstract record RoomReply;

/// <summary>The command succeeded, and its answer has no data.</summary>
[GenerateSerializer, Immutable, Alias("chat.done")]
public sealed record Done : RoomReply;

/// <summary>The event is durable.</summary>
/// <param name="Ts">Milliseconds since 1970 UTC.</param>
/// <param name="Duplicate">
/// True if this client id was posted before. Sequence and time are then the values of the first post.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.posted")]
public sealed record Posted([property: Id(0)] long Seq, [property: Id(1)] long Ts, [property: Id(2)] bool Duplicate) : RoomReply;

/// <summary>
/// The user is attached. The room publishes every event after <paramref name="Seq"/> to the gateway's stream.
/// </summary>
/// <param name="Seq">The room's head.</param>
/// <param name="Messages">Number of messages up to the head.</param>
/// <param name="Read">The user's read mark; 0 for none.</param>
/// <param name="Unread">
/// Number of messages after the read mark that other users sent and that are not deleted, among the newest 1,000
/// events.
/// </param>
/// <param name="Count">Number of users attached now, including this user.</param>
/// <param name="Presence">The version of the room's last presence update before this answer.</param>
/// <param name="Role">
/// The user's role in a group; <see cref="RoomRole.None"/> in other rooms, and for a user who may only read the group.
/// </param>
/// <param name="Title">The title of a group; null for none.</param>
/// <param name="Settings">The settings of a group; null if they are the defaults, and in other rooms.</param>
/// <param name="Mentions">How many of the unread messages mention the user or everyone.</param>
/// <param name="UnreadMore">
/// True if the read mark is before the newest 1,000 events. There may then be more unread messages and mentions.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.entered")]
public sealed record Entered(
    [property: Id(0)] RoomKind Kind,
    [property: Id(1)] string Epoch,
    [property: Id(2)] long Seq,
    [property: Id(3)] long Messages,
    [property: Id(4)] long Read,
    [property: Id(5)] long Unread,
    [property: Id(6)] int Count,
    [property: Id(7)] PresenceVersion Presence = default,
    [property: Id(8)] RoomRole Role = RoomRole.None,
    [property: Id(9)] string? Title = null,
    [property: Id(10)] RoomSettings? Settings = null,
    [property: Id(11)] long Mentions = 0,
    [property: Id(12)] bool UnreadMore = false) : RoomReply;

/// <summary>The command was refused.</summary>
/// <param name="RetryMs">Milliseconds after which a retry can succeed; null if no retry can succeed.</param>
[GenerateSerializer, Immutable, Alias("chat.refused")]
public sealed record Refused([property: Id(0)] Refusal Reason, [property: Id(1)] string Message, [property: Id(2)] int? RetryMs = null) : RoomReply;

/// <summary>Why a command or a read was refused.</summary>
public enum Refusal
{
    /// <summary>
    /// The room does not exist, or the message, member, ban, mute or link that the command names does not exist.
    /// </summary>
    NotFound = 0,

    /// <summary>The user is not a member of the room, or not attached to it.</summary>
    NotMember = 1,

    /// <summary>
    /// The user may not do this, the room does not allow it, or the message log cannot store a character of the text or
    /// of a name.
    /// </summary>
    Forbidden = 2,

    /// <summary>
    /// The client id was posted before with another body, the room is of another kind, or the group has another link
    /// with this code.
    /// </summary>
    Conflict = 3,

    /// <summary>The message that the command refers to was deleted.</summary>
    Gone = 4,

    /// <summary>
    /// The room is full, the group has too many invited, banned or muted users or too many links, or the user is in too
    /// many groups.
    /// </summary>
    RoomFull = 5,

    /// <summary>
    /// The room cannot execute the command now. For example, the message log cannot be reached, too many commands wait,
    /// or the room is moving to another silo. The event may have been stored. A retry with the same client id does not
    /// store it twice.
    /// </summary>
    Unavailable = 6,

    /// <summary>The gateway's lease has ended. The gateway must restart.</summary>
    GatewayExpired = 7,

    /// <summary>
    /// The room did not answer in time. Only the gateway uses this value. The event may have been stored. A retry with
    /// the same client id does not store it twice.
    /// </summary>
    Timeout = 8,

    /// <summary>The user has used up a budget, such as the budget for creating rooms. Nothing was stored.</summary>
    RateLimited = 9,

    /// <summary>The user is muted in this group.</summary>
    Muted = 10,

    /// <summary>The user is not a member of the group, but is invited to it.</summary>
    Invited = 11,
}
