using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Lets the operator's own code decide what users may do in rooms. Register one implementation as a singleton in each
/// silo. Without an implementation, the roles and the tokens decide.
/// </summary>
/// <remarks>
/// The first of these that applies decides: a ban or mute in the room, the answer of this interface, the actions that
/// the user's token grants, the user's role. So an answer cannot lift a ban or mute. The silo uses an answer again for
/// 30 s if the room, the user, the action and the granted actions are the same. In a direct conversation, the silo asks
/// only about <see cref="RoomAction.Write"/> and <see cref="RoomAction.React"/>, and only
/// <see cref="RoomDecision.Deny"/> has an effect. If the server chose the name of a group, a user who may not read or
/// join the group gets the same answer as for a room that does not exist.
/// </remarks>
public interface IRoomAuthorizer
{
    /// <summary>
    /// Decides one action. Many calls run at the same time. An implementation must not block its thread, because a
    /// blocked thread also blocks the room. If a call throws, or if it does not complete within 500 ms, the user's
    /// command is refused as <see cref="Refusal.Unavailable"/> and can be sent again.
    /// </summary>
    /// <param name="cancellationToken">Cancelled when the 500 ms are over.</param>
    ValueTask<RoomDecision> AuthorizeAsync(RoomRequest request, CancellationToken cancellationToken);
}

/// <summary>The answer of an <see cref="IRoomAuthorizer"/>.</summary>
public enum RoomDecision
{
    /// <summary>The user's token and role decide.</summary>
    Abstain = 0,

    /// <summary>
    /// The user may do this, whatever the user's role is. A user must still be a member of a group to write to it.
    /// </summary>
    Allow = 1,

    /// <summary>The user may not do this.</summary>
    Deny = 2,
}

/// <summary>One question to an <see cref="IRoomAuthorizer"/>.</summary>
/// <param name="Room">
/// The room's name. For a direct conversation, a key that <see cref="RoomKey.People"/> can read.
/// </param>
/// <param name="Kind">
/// The room's kind. If the room does not exist, this is the kind that the command would create. For a name of the kind
/// that the server chooses for groups, the authorizer is asked even if there is no such group. So the user cannot find
/// out whether the group exists.
/// </param>
/// <param name="Action">Exactly one action.</param>
/// <param name="Claimed">The actions that the user's token grants in this room.</param>
/// <param name="Role">The user's role in a group; <see cref="RoomRole.None"/> in other rooms.</param>
public sealed record RoomRequest(string Room, RoomKind Kind, string User, RoomAction Action, RoomAction Claimed, RoomRole Role);
