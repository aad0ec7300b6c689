using Orleans.Concurrency;

namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// One room. Only this grain appends to the room's log. The key is a <see cref="RoomKey"/>. A post is answered after it
/// is durable. If an event that the room publishes to a gateway is lost, the gateway reads it from the log.
/// </summary>
[Alias("chat.room")]
public interface IRoomGrain : IGrainWithStringKey
{
    /// <summary>
    /// Executes the commands in order and answers each of them. A failed command does not make the call throw. If the
    /// message log or a user's grain cannot be reached, the room refuses the command with
    /// <see cref="Refusal.Unavailable"/>. The room may have executed a call that timed out. Repeating the call is safe.
    /// </summary>
    [Alias("handle")]
    Task<RoomReplies> HandleAsync(RoomCommands commands);

    /// <summary>
    /// Replaces the set of users who are attached through one gateway. A gateway calls this when it notices a new
    /// activation of the room, or when it missed a presence update. The room publishes presence updates for the users
    /// that were added or removed. Throws <see cref="IOException"/> if the message log cannot be reached, if a newer
    /// activation owns the room, or if an <c>IRoomAuthorizer</c> does not decide in time whether a user may read the
    /// room.
    /// </summary>
    /// <param name="known">The version of the last presence update that the gateway received; default for none.</param>
    /// <param name="number">See <see cref="RoomCommands.Number"/>.</param>
    /// <param name="claimed">
    /// For each user, the actions that the user's token grants in this room; null if no token grants any.
    /// </param>
    [Alias("attend")]
    Task<AttachmentsSynced> SyncAttachmentsAsync(string gateway, string[] users, PresenceVersion known, long number = 0, RoomAction[]? claimed = null);

    /// <summary>
    /// Returns the users who are attached to the room now. If there are more than <paramref name="most"/>,
    /// <see cref="PresenceSnapshot.Users"/> is null.
    /// </summary>
    /// <param name="claimed">The actions that the user's token grants in this room.</param>
    [Alias("who")]
    Task<PresenceSnapshot> WhoAsync(string user, int most, RoomAction claimed = RoomAction.None);

    /// <summary>Publishes to the gateways that a user is typing. Nothing is stored.</summary>
    /// <param name="claimed">The actions that the user's token grants in this room.</param>
    [Alias("typing"), OneWay]
    Task TypingAsync(string user, RoomAction claimed = RoomAction.None);

    /// <summary>
    /// Notifies a direct room that one of its two people has blocked the other person, or has ended a block. When the
    /// call returns, no activation of the room accepts an event that the stored blocks forbid. Exception: a creation of
    /// the room that is in flight elsewhere may still commit. Throws <see cref="IOException"/> if the message log cannot
    /// be reached, or if the room is moving to another silo.
    /// </summary>
    [Alias("blocks-changed")]
    Task BlocksChangedAsync();

    /// <summary>Detaches all users of a gateway whose lease has ended.</summary>
    [Alias("gone")]
    Task GatewayGoneAsync(string gateway);
}

/// <summary>The users attached to a room.</summary>
/// <param name="Refusal">Why the request was refused; null if it was answered.</param>
[GenerateSerializer, Immutable, Alias("chat.attendance")]
public sealed record PresenceSnapshot([property: Id(0)] int Count, [property: Id(1)] string[]? Users, [property: Id(2)] Refusal? Refusal);

/// <summary>The answer to <see cref="IRoomGrain.SyncAttachmentsAsync"/>.</summary>
/// <param name="Head">
/// The room's head. The room publishes every event after the head to the gateway's stream. The gateway reads the events
/// up to the head from the log.
/// </param>
/// <param name="Missed">The presence updates after the last one that the gateway received, ascending.</param>
[GenerateSerializer, Immutable, Alias("chat.attended")]
public sealed record AttachmentsSynced([property: Id(0)] RoomHead Head, [property: Id(1)] RoomPresence[] Missed);

/// <summary>The version of a presence update within its room.</summary>
/// <param name="Activation">
/// The first claim number of the room's activation. A newer activation has a higher number.
/// </param>
/// <param name="Number">The number of the update within the activation: 1, 2, 3 …, without gaps.</param>
[GenerateSerializer, Immutable, Alias("chat.notice-mark")]
public readonly record struct PresenceVersion([property: Id(0)] long Activation, [property: Id(1)] long Number);
