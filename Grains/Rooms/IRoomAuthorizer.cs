using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Decides with code of the operator what users may do in rooms. Register one implementation as a singleton in each
/// silo. Without an implementation, the roles and the tokens decide.
/// </summary>
/// <remarks>
/// A ban or mute in the room comes first: an answer cannot lift it. Then this answer counts, then the actions that the
/// user's token grants, then the user's role. An answer is kept for 30 s for the same room, user, action and granted
/// actions. In a direct conversation, only <see cref="RoomAction.Write"/> and <see cref="RoomAction.React"/> are asked,
/// and only <see cref="RoomDecision.Deny"/> has an effect. A denied read or join makes a private group look as if it
/// did not exist.
/// </remarks>
public interface IRoomAuthorizer
{
    /// <summary>
    /// Decides one action. Many calls run at the same time. An implementation must not block its thread, because the
    /// room waits for it. If a call throws, or if it does not complete within 500 ms, the user's command is refused as
    /// <see cref="Refusal.Unavailable"/> and can be sent again.
    /// </summary>
    /// <param name="cancellationToken">Cancelled when the answer is not needed any more.</param>
    ValueTask<RoomDecision> AuthorizeAsync(RoomRequest request, CancellationToken cancellationToken);
}

/// <summary>The answer of an <see cref="IRoomAuthorizer"/>.</summary>
public enum RoomDecision
{
    /// <summary>The user's token and role decide.</summary>
    Abstain = 0,

    /// <summary>
    /// The user may do this, whatever the role is. A user must still be a member of a group to write to it.
    /// </summary>
    Allow = 1,

    /// <summary>The user may not do this.</summary>
    Deny = 2,
}

/// <summary>One question to an <see cref="IRoomAuthorizer"/>.</summary>
/// <param name="Room">The room's name. For a direct conversation, a key that <see cref="RoomKey.People"/> reads.</param>
/// <param name="Kind">
/// The room's kind. If the room does not exist, the kind that the command would create. A private group that does not
/// exist is asked for like one that exists, so that the user sees no difference.
/// </param>
/// <param name="Action">Exactly one action.</param>
/// <param name="Claimed">The actions that the user's token grants in this room.</param>
/// <param name="Role">The user's role in a group; <see cref="RoomRole.None"/> in other rooms.</param>
public sealed record RoomRequest(string Room, RoomKind Kind, string User, RoomAction Action, RoomAction Claimed, RoomRole Role);
