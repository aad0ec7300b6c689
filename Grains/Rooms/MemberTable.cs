using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>The rights of each user of a room, and the counts that limits and rights depend on.</summary>
/// <param name="under">
/// The table that this one starts from; null for an empty table. Changes of this table are kept here and do not affect
/// that table, which must not change while this one is in use.
/// </param>
internal sealed class MemberTable(MemberTable? under = null)
{
    private readonly Dictionary<string, Member> _rows = [];

    public int Members { get; private set; } = under?.Members ?? 0;

    public int Owners { get; private set; } = under?.Owners ?? 0;

    /// <summary>
    /// Number of users whose row does not depend on a membership: invited, banned and muted users. A muted member
    /// counts too, because the row stays when the member leaves.
    /// </summary>
    public int Others { get; private set; } = under?.Others ?? 0;

    /// <summary>The members. Use it only if the table does not start from another table.</summary>
    public IEnumerable<string> Users => _rows.Values.Where(row => Member.Is(row.Role)).Select(row => row.User);

    /// <summary>The rights of a user; no role for a user without a row.</summary>
    public Member Find(string user) => _rows.GetValueOrDefault(user) ?? under?.Find(user) ?? new Member(user, RoomRole.None);

    public void Set(Member member)
    {
        Count(Find(member.User), -1);
        Count(member, 1);
        if (under is null && !MemberRules.IsStored(member))
        {
            _rows.Remove(member.User);
        }
        else
        {
            _rows[member.User] = member;
        }
    }

    public static bool IsOther(Member member) => MemberRules.IsStored(member) && (!Member.Is(member.Role) || member.MutedUntil != 0);

    private void Count(Member member, int by)
    {
        Members += Member.Is(member.Role) ? by : 0;
        Owners += member.Role == RoomRole.Owner ? by : 0;
        Others += IsOther(member) ? by : 0;
    }
}
