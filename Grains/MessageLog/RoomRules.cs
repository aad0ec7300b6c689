using System.Security.Cryptography;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>The rules about rooms and their events that all stores share.</summary>
internal static class RoomRules
{
    /// <summary>
    /// The user's role: in a group the stored role, in a direct room <see cref="RoomRole.Member"/> for the users that
    /// its key names. A channel has no members.
    /// </summary>
    public static RoomRole RoleOf(RoomKind kind, string room, string user, RoomRole stored) => kind switch
    {
        RoomKind.Group => stored,
        RoomKind.Direct => RoomKey.Peer(room, user) is not null ? RoomRole.Member : RoomRole.None,
        _ => RoomRole.None,
    };

    /// <summary>
    /// Returns the users that a creation stores as members: the one or two users of a direct room. Empty for other
    /// rooms.
    /// </summary>
    public static IReadOnlyList<string> FirstMembers(RoomKind kind, string room) =>
        kind == RoomKind.Direct && RoomKey.People(room) is var (first, second) ? (first == second ? [first] : [first, second]) : [];

    /// <summary>
    /// Returns the entries of a creation. An entry whose time is before <paramref name="ts"/> gets this time. Such an
    /// entry is possible, because the room may exist already, and the clock of its previous owner may be ahead.
    /// </summary>
    /// <param name="ts">The time of the room's newest event.</param>
    public static IReadOnlyList<MessageLogEntry> NotBefore(IReadOnlyList<MessageLogEntry> entries, long ts) =>
        [.. entries.Select(entry => entry with { Ts = Math.Max(entry.Ts, ts) })];

    /// <summary>
    /// Whether an event of this kind must be the only entry of its append. Such an event changes the pinned messages,
    /// or rights on which the decisions about other entries depend.
    /// </summary>
    public static bool IsAlone(RoomEventKind kind) => MemberChange.Is(kind) || LinkTerms.Is(kind) || PinRules.Concerns(kind);

    /// <summary>
    /// Whether an event of this kind changes a group: its rights, its title, its settings, its links, its pinned
    /// messages, or, by a deletion, its messages. The SQL statements of the stores and the index <c>events_changes</c>
    /// repeat this condition.
    /// </summary>
    public static bool IsChange(RoomEventKind kind) => kind is RoomEventKind.Delete or >= RoomEventKind.Invite;

    /// <summary>Returns a random id, such as the epoch of a new room.</summary>
    public static string NewEpoch() => RandomNumberGenerator.GetHexString(16, lowercase: true);
}
