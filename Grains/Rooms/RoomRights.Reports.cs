using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Decides about blocks between users, and about reports of messages.</summary>
internal static partial class RoomRights
{
    /// <summary>Decides whether a user may send an event of any kind in a direct room.</summary>
    private static Refused? RefuseBlocked(DirectBlock blocked) => blocked switch
    {
        DirectBlock.ByActor => Refusals.BlockedByYou,
        DirectBlock.ByOther => Refusals.BlockedByOther,
        _ => null,
    };

    /// <summary>Decides whether a user may be invited.</summary>
    /// <param name="blockers">
    /// Contains the invited user if this user has blocked the inviting user; otherwise empty.
    /// </param>
    public static Refused? RefuseInvitation(IReadOnlyList<string> blockers) => blockers.Count > 0 ? Refusals.TargetBlocksYou : null;

    /// <summary>Decides whether a user who may read the room may report a message.</summary>
    /// <param name="target">Null if there is no such message.</param>
    public static Refused? RefuseReport(ReportTarget? target, string user)
        => target is null ? Refusals.NoMessage
            : target.IsDeleted ? Refusals.Gone
            : target.Author == user ? Refusals.OwnMessage
            : null;

    /// <summary>
    /// Decides whether a user who may read the room may see and dismiss its reports. In a group, members with the right
    /// to moderate may do this. In a channel, only the token or the authorizer can allow it. In a direct room, nobody
    /// may do this.
    /// </summary>
    public static Refused? RefuseReports(RoomKind kind, RoomRole role, RoomSettings settings, Access access)
    {
        const RoomAction Moderate = RoomAction.Moderate;
        var isAllowed = kind switch
        {
            RoomKind.Channel => access.Grants(Moderate),
            RoomKind.Group => Member.Is(role) && (access.Grants(Moderate) || settings.Allows(role, Moderate)),
            _ => false,
        };
        return !isAllowed ? Refusals.NotModerator : access.Denies(Moderate) ? Refusals.Denied : null;
    }
}
