using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// The rooms, as a session uses them. Commands to one room take effect in the order of the calls. Answers of one room
/// are delivered one at a time. If a room has too many waiting commands, a further command is refused at once, on the
/// caller's thread.
/// </summary>
internal interface IRooms
{
    /// <summary>
    /// Registers the subscription with the room's feed, and the user with the room. Answered by <see cref="Entered"/>
    /// or <see cref="Refused"/>. After a refusal the subscription is not registered.
    /// </summary>
    void Enter(Subscription subscription, Enter enter, Action<RoomReply> answered);

    /// <summary>
    /// Removes the subscription. If it was the user's last subscription to the room on this gateway, also removes the
    /// user from the room. Answered by <see cref="Done"/> or <see cref="Refused"/>.
    /// </summary>
    void Exit(Subscription subscription, Action<RoomReply>? answered);

    void Send(string room, RoomCommand command, Action<RoomReply> answered);

    /// <summary>Notifies a room that a user is typing. There is no answer.</summary>
    /// <param name="claimed">The actions that the user's token grants in the room.</param>
    void Typing(string room, string user, RoomAction claimed = RoomAction.None);

    /// <summary>
    /// Makes the subscription live if it has queued everything that the feed has delivered. Otherwise the subscription
    /// stays behind. This method decides under the feed's lock, so the feed cannot deliver an event in between. Returns
    /// true if the subscription is live or has ended.
    /// </summary>
    /// <param name="head">The last sequence that the feed has delivered.</param>
    bool GoLive(Subscription subscription, out long head);

    /// <summary>Counts the users in a room, and lists them if there are at most <paramref name="most"/>.</summary>
    /// <param name="claimed">The actions that the user's token grants in the room.</param>
    Task<PresenceSnapshot> WhoAsync(string room, string user, int most, RoomAction claimed = RoomAction.None);
}
