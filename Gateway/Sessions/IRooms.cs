using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>What a session needs of the rooms. Commands of one room take effect in the order of the calls; answers come one at a time.</summary>
internal interface IRooms
{
    /// <summary>
    /// Registers the subscription with the room's feed and the user with the room. Answered by <see cref="Entered"/> or <see cref="Refused"/>;
    /// after a refusal it is not registered.
    /// </summary>
    void Enter(Subscription subscription, Enter enter, Action<RoomReply> answered);

    /// <summary>Takes the subscription out; the user too, where it was their last one here. Answered by <see cref="Done"/> or <see cref="Refused"/>.</summary>
    void Exit(Subscription subscription, bool endMembership, Action<RoomReply>? answered);

    /// <summary>Sends a command to a room.</summary>
    void Send(string room, RoomCommand command, Action<RoomReply> answered);

    /// <summary>Tells a room that somebody is typing.</summary>
    void Typing(string room, string user);

    /// <summary>
    /// Under the feed's lock: makes the subscription live if it has been handed everything the feed has, else leaves it behind.
    /// </summary>
    /// <param name="head">How far the feed is.</param>
    bool GoLive(Subscription subscription, out long head);

    /// <summary>Events after a sequence, from the log; one read serves all who ask after the same at one time, whoever's limit
    /// it has. Empty where the log has no more.</summary>
    Task<IReadOnlyList<EncodedEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken);

    /// <summary>A page of history on behalf of a user.</summary>
    Task<HistoryPage> PageAsync(string room, string user, long after, int limit);

    /// <summary>Who is in a room.</summary>
    Task<Attendance> WhoAsync(string room, string user, int most);
}
