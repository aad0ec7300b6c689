using System.Security.Cryptography;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>The rules that all stores share.</summary>
internal static class RoomRules
{
    /// <summary>
    /// Whether the user is a member: stored as a member of a group, or named by the key of a direct conversation. A
    /// channel has no members.
    /// </summary>
    public static bool IsMember(RoomKind kind, string room, string user, bool stored) => kind switch
    {
        RoomKind.Group => stored,
        RoomKind.Direct => RoomKey.Peer(room, user) is not null,
        _ => false,
    };

    /// <summary>
    /// Returns the users that a creation stores as members: both users of a direct room, each once; no user for other
    /// rooms.
    /// </summary>
    public static IReadOnlyList<string> FirstMembers(RoomKind kind, string room) =>
        kind == RoomKind.Direct && RoomKey.People(room) is var (first, second) ? (first == second ? [first] : [first, second]) : [];

    /// <summary>
    /// Returns the entries of a creation with no time before <paramref name="ts"/>, the time of the room's newest
    /// event. The room may have existed, and the clock of its owner may have been ahead.
    /// </summary>
    public static IReadOnlyList<MessageLogEntry> NotBefore(IReadOnlyList<MessageLogEntry> entries, long ts) =>
        [.. entries.Select(entry => entry with { Ts = Math.Max(entry.Ts, ts) })];

    /// <summary>Returns a random id for the log of a new room.</summary>
    public static string NewEpoch() => RandomNumberGenerator.GetHexString(16, lowercase: true);
}
