namespace OrleansChat.Grains.Interfaces;

/// <summary>The kinds of events in a room's log. The numbers are stored: never reuse one.</summary>
public enum RoomEventKind
{
    /// <summary>A message.</summary>
    Msg = 0,

    /// <summary>Replaces the text of an earlier message.</summary>
    Edit = 1,

    /// <summary>Deletes an earlier message: its text and meta are erased.</summary>
    Delete = 2,

    /// <summary>Adds a reaction to an earlier message.</summary>
    React = 3,

    /// <summary>Removes a reaction from an earlier message.</summary>
    Unreact = 4,

    /// <summary>
    /// The user became a member of a group. If an invitation link let the user in, the ref is the sequence of the
    /// link's event.
    /// </summary>
    Join = 5,

    /// <summary>The user left a group and is no longer a member, or declined the invitation to it.</summary>
    Leave = 6,

    /// <summary>
    /// A user was invited to a group. This kind and all kinds up to <see cref="Role"/> have a
    /// <see cref="MemberChange"/>.
    /// </summary>
    Invite = 7,

    /// <summary>
    /// A user who may moderate the group removed another user from it, or withdrew the other user's invitation.
    /// </summary>
    Kick = 8,

    /// <summary>A user was banned from a group. The ban also ends a membership or an invitation.</summary>
    Ban = 9,

    /// <summary>A ban was lifted.</summary>
    Unban = 10,

    /// <summary>A user was muted in a group. The user may read the group, but not write to it.</summary>
    Mute = 11,

    /// <summary>A mute was lifted.</summary>
    Unmute = 12,

    /// <summary>A member of a group got another role.</summary>
    Role = 13,

    /// <summary>A group got another title. The event's text is the title.</summary>
    Title = 14,

    /// <summary>A group got other settings: the event's meta has <see cref="RoomSettings"/>.</summary>
    Settings = 15,

    /// <summary>A member made an invitation link of the group. The meta has its <see cref="LinkTerms"/>.</summary>
    Link = 16,

    /// <summary>A user ended an invitation link. The ref is the sequence of the link's event.</summary>
    Unlink = 17,

    /// <summary>A user pinned the message that the ref names.</summary>
    Pin = 18,

    /// <summary>A user unpinned the message that the ref names.</summary>
    Unpin = 19,
}

/// <summary>The kinds of rooms. The numbers are stored: never reuse one.</summary>
public enum RoomKind
{
    /// <summary>A channel has no members. Only attached users receive its events.</summary>
    Channel = 0,

    /// <summary>A group has stored members. They are notified of new events, even if they are not attached.</summary>
    Group = 1,

    /// <summary>
    /// A direct room has two users, or one user who writes notes. They are notified of new events, even if they are not
    /// attached.
    /// </summary>
    Direct = 2,
}

/// <summary>
/// An event of a room's log in its current form: an edited message has its latest text, and a deleted message has no
/// text.
/// </summary>
/// <param name="Seq">The sequence within the room: 1, 2, 3 …, without gaps.</param>
/// <param name="Ts">Milliseconds since 1970 UTC; never decreases within a room.</param>
/// <param name="Ref">
/// The sequence of the event that this event refers to: a message, or the event of an invitation link. Null for none.
/// </param>
/// <param name="Reply">The sequence of the message that this message replies to; null for none.</param>
/// <param name="ClientId">The sender's idempotency key; null for events that the server wrote.</param>
/// <param name="Edited">True if an edit has replaced the original text.</param>
/// <param name="Messages">
/// Number of <see cref="RoomEventKind.Msg"/> events in the room, up to and including this event.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.event")]
public sealed record RoomEvent(
    [property: Id(0)] long Seq,
    [property: Id(1)] long Ts,
    [property: Id(2)] string From,
    [property: Id(3)] RoomEventKind Kind,
    [property: Id(4)] string? Text,
    [property: Id(5)] long? Ref,
    [property: Id(6)] long? Reply,
    [property: Id(7)] string? Meta,
    [property: Id(8)] string? ClientId,
    [property: Id(9)] bool Edited,
    [property: Id(10)] long Messages)
{
    /// <summary>
    /// The names that a message mentions (<see cref="MentionList"/>); null for none, and for a deleted message.
    /// </summary>
    [Id(11)] public string? Mentions { get; init; }

    /// <summary>
    /// Number of messages that reply to this message, up to 100. Only the pages of <see cref="IHistoryGrain"/> have it.
    /// In all other reads it is 0.
    /// </summary>
    [Id(12)] public int Replies { get; init; }
}

/// <summary>The newest sequence and the claim number of a room.</summary>
/// <param name="Seq">The newest sequence; 0 for none.</param>
/// <param name="Claim">
/// The room's claim number. Each claim raises it. If the number changed, a new activation may own the room. A new
/// activation does not know any gateway yet.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.head")]
public readonly record struct RoomHead([property: Id(0)] string Room, [property: Id(1)] long Seq, [property: Id(2)] long Claim);
