using System.Security.Cryptography;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Log;

/// <summary>What holds in every store alike.</summary>
internal static class RoomRules
{
    /// <summary>True for a stored member of a group and for the two people of a direct conversation; a channel has no members.</summary>
    public static bool IsMember(RoomKind kind, string room, string user, bool stored) => kind switch
    {
        RoomKind.Group => stored,
        RoomKind.Direct => RoomKey.Peer(room, user) is not null,
        _ => false,
    };

    /// <summary>A name for a new incarnation of a room's log, not met before.</summary>
    public static string NewEpoch() => RandomNumberGenerator.GetHexString(16, lowercase: true);
}
