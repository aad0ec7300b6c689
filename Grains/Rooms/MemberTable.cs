using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>The rights of each user of a room, and the counts of users on which limits and rights depend.</summary>
/// <param name="under">
/// The table on which this table is based; null for an empty table. This table stores only the changes. The base must
/// not change while this table is used.
/// </param>
internal sealed class MemberTable(MemberTable? under = null)
{
    private readonly Dictionary<string, Member> _rows = [];

    public int Members { get; private set; } = under?.Members ?? 0;

    public int Owners { get; private set; } = under?.Owners ?? 0;

    /// <summary>
    /// Number of invited, banned and muted users. A muted member counts too, because the row stays when the member
    /// leaves.
    /// </summary>
    public int Others { get; private set; } = under?.Others ?? 0;

    /// <summary>The members. Only for a table without a base.</summary>
    public IEnumerable<string> Users => _rows.Values.Where(row => Member.Is(row.Role)).Select(row => row.User);

    /// <summary>The rights of a user. A user without a row has <see cref="RoomRole.None"/>.</summary>
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
