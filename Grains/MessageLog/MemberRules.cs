using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>How the events of a group change its members. The room and the stores apply the same rules.</summary>
/// <remarks>
/// Each event changes the rights of one user. An empty cell means no change. Owners and moderators are members too:
/// <code>
/// event      | role                                  | muted until | banned until
/// -----------|---------------------------------------|-------------|-------------
/// join       | if no member yet: owner by the room's |             |
///            | first event, member by a later event  |             |
/// leave      | none                                  |             |
/// invite     | if no member: invited                 |             |
/// kick       | none                                  |             |
/// ban        | none                                  |             | set
/// unban      |                                       |             | 0
/// mute       |                                       | set         |
/// unmute     |                                       | 0           |
/// role       | if a member: set                      |             |
/// </code>
/// The stores keep one row for each user with a role, a mute or a ban. If a muted user leaves, the row stays, so that
/// leaving and joining again does not lift the mute.
/// </remarks>
internal static class MemberRules
{
    /// <summary>The user whose rights the event changes; null if the event does not change one user's rights.</summary>
    public static string? UserOf(RoomEventKind kind, string from, string? text) => kind switch
    {
        RoomEventKind.Join or RoomEventKind.Leave => from,
        _ when MemberChange.Is(kind) => text,
        _ => null,
    };

    /// <summary>The rights of the user after an event.</summary>
    /// <param name="before">The rights before the event. A user without a row has <see cref="RoomRole.None"/>.</param>
    public static Member Apply(Member before, long seq, RoomEventKind kind, string? text, string? meta)
    {
        var change = MemberChange.Parse(kind, text, meta);
        return kind switch
        {
            RoomEventKind.Join when !Member.Is(before.Role) => before with { Role = seq == 1 ? RoomRole.Owner : RoomRole.Member },
            RoomEventKind.Invite when !Member.Is(before.Role) => before with { Role = RoomRole.Invited },
            RoomEventKind.Leave or RoomEventKind.Kick => before with { Role = RoomRole.None },
            RoomEventKind.Ban => before with { Role = RoomRole.None, BannedUntil = change?.Until ?? MemberChange.Forever },
            RoomEventKind.Unban => before with { BannedUntil = 0 },
            RoomEventKind.Mute => before with { MutedUntil = change?.Until ?? MemberChange.Forever },
            RoomEventKind.Unmute => before with { MutedUntil = 0 },
            RoomEventKind.Role when Member.Is(before.Role) && change?.Role is { } role => before with { Role = role },
            _ => before,
        };
    }

    /// <summary>
    /// Whether a membership begins or ends, or the user is invited. If so, the stores set the row's <c>since</c> to the
    /// event's sequence. Otherwise <c>since</c> stays as it is.
    /// </summary>
    public static bool Begins(Member before, Member after, RoomEventKind kind) =>
        Member.Is(before.Role) != Member.Is(after.Role) || (kind == RoomEventKind.Invite && after.Role == RoomRole.Invited);

    /// <summary>Whether a user with these rights has a row.</summary>
    public static bool IsStored(Member member) => member is not { Role: RoomRole.None, MutedUntil: 0, BannedUntil: 0 };
}
