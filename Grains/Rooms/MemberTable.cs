using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>The rights of each user of a room, and the counts of users on which limits and rights depend.</summary>
/// <param name="under">
/// The table from which this table begins, called the base; null to begin empty. This table stores only its differences
/// from the base. The base must not change while this table is used.
/// </param>
internal sealed class MemberTable(MemberTable? under = null)
{
    private readonly Dictionary<string, Member> _rows = [];

    public int Members { get; private set; } = under?.Members ?? 0;

    public int Owners { get; private set; } = under?.Owners ?? 0;

    /// <summary>Number of invited users.</summary>
    public int Invited { get; private set; } = under?.Invited ?? 0;

    /// <summary>Number of users with a ban or mute. A ban or mute that has ended counts too.</summary>
    public int Restricted { get; private set; } = under?.Restricted ?? 0;

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

    /// <summary>
    /// Number of users with a ban or mute that has not ended. Only for a table without a base. Reads all rows.
    /// </summary>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public int RestrictedAt(long now) => _rows.Values.Count(row => row.MutedUntil > now || row.BannedUntil > now);

    private void Count(Member member, int by)
    {
        Members += Member.Is(member.Role) ? by : 0;
        Owners += member.Role == RoomRole.Owner ? by : 0;
        Invited += member.Role == RoomRole.Invited ? by : 0;
        Restricted += member is { MutedUntil: 0, BannedUntil: 0 } ? 0 : by;
    }
}
