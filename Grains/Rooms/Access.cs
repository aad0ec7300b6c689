using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>What the <see cref="IRoomAuthorizer"/> and the user's token say about the actions of one command.</summary>
/// <param name="Claimed">The actions that the token grants in the room.</param>
/// <param name="Allowed">The actions that the authorizer allows.</param>
/// <param name="Denied">The actions that the authorizer denies.</param>
internal readonly record struct Access(RoomAction Claimed = RoomAction.None, RoomAction Allowed = RoomAction.None, RoomAction Denied = RoomAction.None)
{
    public bool Denies(RoomAction action) => (Denied & action) != 0;

    /// <summary>
    /// Whether the authorizer or the token allows the action, and the authorizer does not deny it. The user's role does
    /// not count.
    /// </summary>
    public bool Grants(RoomAction action) => !Denies(action) && ((Allowed | Claimed) & action) != 0;

    public Access With(RoomAction action, RoomDecision decision) => decision switch
    {
        RoomDecision.Allow => this with { Allowed = Allowed | action },
        RoomDecision.Deny => this with { Denied = Denied | action },
        _ => this,
    };
}
