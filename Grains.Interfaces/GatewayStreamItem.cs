namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// An item of a gateway stream. If the stream loses an item, no event is lost: the gateway reads the missing events
/// from the log later. All derived types are in this file.
/// </summary>
[GenerateSerializer, Immutable, Alias("chat.inbox")]
public abstract record GatewayStreamItem;

/// <summary>Committed events of one room, ascending and without gaps.</summary>
/// <param name="Claim">The claim number of the activation that published them; see <see cref="RoomHead"/>.</param>
[GenerateSerializer, Immutable, Alias("chat.inbox.events")]
public sealed record RoomEvents([property: Id(0)] string Room, [property: Id(1)] long Claim, [property: Id(2)] RoomEvent[] Events) : GatewayStreamItem;

/// <summary>
/// A presence update: the users who arrived in a room and left it since the previous update. In a large room, an update
/// has only the number of users. If nothing changes for a few seconds, the room publishes the version and the count of
/// the last update once more. A gateway that has an older version then knows that it missed an update.
/// </summary>
/// <param name="Version">The version of this update.</param>
/// <param name="Count">Number of users attached after this update.</param>
[GenerateSerializer, Immutable, Alias("chat.inbox.attendance")]
public sealed record RoomPresence(
    [property: Id(0)] string Room,
    [property: Id(1)] PresenceVersion Version,
    [property: Id(2)] string[] Arrived,
    [property: Id(3)] string[] Departed,
    [property: Id(4)] int Count) : GatewayStreamItem;

[GenerateSerializer, Immutable, Alias("chat.inbox.typing")]
public sealed record RoomTyping([property: Id(0)] string Room, [property: Id(1)] string User) : GatewayStreamItem;

/// <summary>A user's read mark moved forward.</summary>
/// <param name="Read">The sequence up to which the user has read.</param>
/// <param name="OwnOnly">
/// In a direct room: true if only the user's own sessions may get the mark. This is the case until both users have sent
/// an event, and while one of them has blocked the other. In channels and groups, only the user's own sessions get the
/// mark in any case.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.inbox.mark")]
public sealed record RoomMark(
    [property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] long Read, [property: Id(3)] bool OwnOnly = false)
    : GatewayStreamItem;

/// <summary>
/// The room's activation is being deactivated. Gateways then report their attached users to the next activation
/// (<see cref="IRoomGrain.SyncAttachmentsAsync"/>).
/// </summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.moved")]
public sealed record RoomMoved([property: Id(0)] string Room) : GatewayStreamItem;

/// <summary>
/// Notifies a user that new events of a group or direct conversation are in the log. It is possible that the user's
/// sessions on the gateway have not entered this room yet.
/// </summary>
/// <param name="From">The first new sequence.</param>
/// <param name="To">The last new sequence, inclusive.</param>
[GenerateSerializer, Immutable, Alias("chat.inbox.ring")]
public sealed record UserNotification(
    [property: Id(0)] string User, [property: Id(1)] string Room, [property: Id(2)] long From, [property: Id(3)] long To) : GatewayStreamItem;

/// <summary>A user has changed the personal settings of a conversation.</summary>
/// <param name="Session">The session that made the change. The gateway does not notify it.</param>
[GenerateSerializer, Immutable, Alias("chat.inbox.conversation")]
public sealed record UserConversationChanged(
    [property: Id(0)] string User, [property: Id(1)] string Room, [property: Id(2)] string Session) : GatewayStreamItem;

/// <summary>A newer session of the same device replaced this session.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.replaced")]
public sealed record SessionReplaced([property: Id(0)] string Session) : GatewayStreamItem;

/// <summary>A probe that the gateway sent to itself through <see cref="IStreamProbeGrain"/>.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.echo")]
public sealed record StreamProbe([property: Id(0)] long Number) : GatewayStreamItem;
