namespace OrleansChat.Grains.Interfaces;

/// <summary>What one gateway asks of one room, in the order in which its sessions asked it. One call of it is in flight at a time.</summary>
/// <param name="Gateway">The gateway's id, which is also its inbox.</param>
/// <param name="Claim">
/// The claim number of the activation that was told who is attached here; 0 where nobody is, -1 where none was told yet. Under another one a post refused for want of that knowledge
/// will be sent again: so are the same user's posts after it, lest they overtake it.
/// </param>
/// <param name="Number">Grows with each call of the gateway: one that comes after a newer one was given up and is not carried out. 0 for none.</param>
[GenerateSerializer, Immutable, Alias("chat.room-commands")]
public sealed record RoomCommands(
    [property: Id(0)] string Gateway, [property: Id(1)] RoomCommand[] Commands, [property: Id(2)] long Claim = 0, [property: Id(3)] long Number = 0);

/// <summary>The answers, one for each command, in the same order.</summary>
/// <param name="Claim">The activation's claim number; see <see cref="RoomHead"/>.</param>
[GenerateSerializer, Immutable, Alias("chat.room-replies")]
public sealed record RoomReplies([property: Id(0)] long Claim, [property: Id(1)] RoomReply[] Replies);

/// <summary>A command to a room. A closed family.</summary>
[GenerateSerializer, Immutable, Alias("chat.command")]
public abstract record RoomCommand([property: Id(0)] string User);

/// <summary>The user's first subscription on this gateway: attaches the gateway, then the user. Answered by <see cref="Entered"/> or <see cref="Refused"/>.</summary>
/// <param name="Create">The kind to make the room of when it does not exist; null where it must not be made.</param>
/// <param name="Require">The kind the room must have; null for any.</param>
/// <param name="AsMember">True where nobody shall become a member of a group by this: a resume, or a session that a bell brings in.</param>
[GenerateSerializer, Immutable, Alias("chat.enter")]
public sealed record Enter(
    string User, [property: Id(0)] RoomKind? Create, [property: Id(1)] RoomKind? Require, [property: Id(2)] bool AsMember = false) : RoomCommand(User);

/// <summary>The user's last subscription on this gateway is gone, or the user gives up membership. Answered by <see cref="Done"/>.</summary>
/// <param name="EndMembership">True where the user gives up membership of a group.</param>
/// <param name="Stays">True where the user has other subscriptions on this gateway: they end with a membership, and with nothing else.</param>
[GenerateSerializer, Immutable, Alias("chat.exit")]
public sealed record Exit(string User, [property: Id(0)] bool EndMembership, [property: Id(1)] bool Stays = false) : RoomCommand(User);

/// <summary>Append an event. Answered by <see cref="Posted"/> once it is durable, or by <see cref="Refused"/>.</summary>
/// <param name="ClientId">The idempotency key in the scope (user, room), for ever.</param>
[GenerateSerializer, Immutable, Alias("chat.post")]
public sealed record Post(
    string User,
    [property: Id(0)] string ClientId,
    [property: Id(1)] RoomEventKind Kind,
    [property: Id(2)] string? Text,
    [property: Id(3)] long? Ref,
    [property: Id(4)] long? Reply,
    [property: Id(5)] string? Meta) : RoomCommand(User);

/// <summary>Move the user's read mark forward. Answered by <see cref="Done"/>.</summary>
[GenerateSerializer, Immutable, Alias("chat.mark")]
public sealed record MarkRead(string User, [property: Id(0)] long Read) : RoomCommand(User);

/// <summary>An answer of a room. A closed family.</summary>
[GenerateSerializer, Immutable, Alias("chat.reply")]
public abstract record RoomReply;

/// <summary>Done, with nothing to tell.</summary>
[GenerateSerializer, Immutable, Alias("chat.done")]
public sealed record Done : RoomReply;

/// <summary>The event is durable.</summary>
/// <param name="Duplicate">True where this client id was posted before: sequence and time are the first answer's.</param>
[GenerateSerializer, Immutable, Alias("chat.posted")]
public sealed record Posted([property: Id(0)] long Seq, [property: Id(1)] long Ts, [property: Id(2)] bool Duplicate) : RoomReply;

/// <summary>The user is in. Every event after <paramref name="Seq"/> is published to the gateway's inbox.</summary>
/// <param name="Seq">The head.</param>
/// <param name="Messages">Messages up to the head.</param>
/// <param name="Read">The user's read mark, 0 for none.</param>
/// <param name="Unread">Messages after the read mark.</param>
/// <param name="Count">Users attached now, this one included.</param>
/// <param name="Told">The last notice of comings and goings before this.</param>
[GenerateSerializer, Immutable, Alias("chat.entered")]
public sealed record Entered(
    [property: Id(0)] RoomKind Kind,
    [property: Id(1)] string Epoch,
    [property: Id(2)] long Seq,
    [property: Id(3)] long Messages,
    [property: Id(4)] long Read,
    [property: Id(5)] long Unread,
    [property: Id(6)] int Count,
    [property: Id(7)] NoticeMark Told = default) : RoomReply;

/// <summary>Not done.</summary>
/// <param name="RetryMs">Milliseconds after which trying again can help; null where it cannot.</param>
[GenerateSerializer, Immutable, Alias("chat.refused")]
public sealed record Refused([property: Id(0)] Refusal Reason, [property: Id(1)] string Message, [property: Id(2)] int? RetryMs = null) : RoomReply;

/// <summary>Why a room, a user's grain or the history refused.</summary>
public enum Refusal
{
    /// <summary>No such room or event.</summary>
    NotFound = 0,

    /// <summary>Not a member, or not attached.</summary>
    NotMember = 1,

    /// <summary>Not allowed to this user.</summary>
    Forbidden = 2,

    /// <summary>The client id came with another body before, or the room is of another kind.</summary>
    Conflict = 3,

    /// <summary>What it refers to was deleted.</summary>
    Gone = 4,

    /// <summary>The room is full.</summary>
    RoomFull = 5,

    /// <summary>The log cannot be reached; nothing was stored, or the same client id will tell.</summary>
    Unavailable = 6,

    /// <summary>The gateway's lease is over: it must start anew.</summary>
    GatewayExpired = 7,

    /// <summary>No answer in time: it may have been stored. Said by the gateway; the same client id tells.</summary>
    Timeout = 8,
}
