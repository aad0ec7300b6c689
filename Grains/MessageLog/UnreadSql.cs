using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// The SQL expressions that count what a user has not read, and the statement that reads these counts together with the
/// facts of one room. Both are written in the SQL of PostgreSQL. <see cref="ForSqlite"/> translates them. $1 is the
/// user.
/// </summary>
/// <remarks>
/// The expressions read a row <c>p</c> with the columns <c>room</c>, <c>seq</c>, <c>mark</c> and <c>lags</c>. If there
/// is no message after the read mark, <c>lags</c> is 0, and no events are read.
/// </remarks>
internal static class UnreadSql
{
    /// <summary>
    /// Computes <c>lags</c>: whether there is a message after the read mark. Reads a row <c>p</c> with <c>room</c> and
    /// <c>messages</c>, and the row <c>k</c> of the user in <c>marks</c>, which may be missing.
    /// </summary>
    public const string Lags =
        """
        case when p.messages > coalesce(
                (select v.messages from chat.events v where v.room = p.room and v.seq <= k.seq order by v.seq desc limit 1), 0) then 1 else 0 end
        """;

    /// <summary>See <see cref="UnreadCounts.Unread"/>.</summary>
    public const string Unread =
        $"""
        case when p.lags = 1 then (select count(*) from chat.events u where u.room = p.room and u.seq > {First} and {IsUnread}) else 0 end
        """;

    /// <summary>
    /// See <see cref="UnreadCounts.Mentions"/>. A message can mention the user both by the id and as everyone, so
    /// <c>distinct</c> counts it once. The cross join makes SQLite read the mentions first. So if nobody was mentioned,
    /// the statement reads no events. The bound of <c>u.seq</c> makes this the cheapest order for PostgreSQL too.
    /// </summary>
    public const string Mentions =
        $"""
        case when p.lags = 1 then (
                select count(distinct u.seq) from chat.mentions n cross join chat.events u
                where n.room = p.room and n.usr in ($1, '{MentionList.Everyone}') and n.seq > {First}
                    and u.room = n.room and u.seq = n.seq and u.seq > {First} and {IsUnread}) else 0 end
        """;

    /// <summary>See <see cref="UnreadCounts.HasMore"/>.</summary>
    public const string HasMore = $"case when p.lags = 1 and p.mark < p.seq - {Window} then 1 else 0 end";

    /// <summary>
    /// Reads the facts and the counts of a room. $2: the room. The columns: kind, head, messages, role, mark, ban,
    /// settings, and the three counts. An invited user has counts too, because the caller decides what such a user
    /// sees.
    /// </summary>
    public const string Facts =
        $"""
        with marked as materialized (
            select p.*, coalesce(m.role, 0) as role, coalesce(m.banned, 0) as banned, coalesce(k.seq, 0) as mark, {Lags} as lags
            from (select room, kind, seq, messages, settings from chat.rooms where room = $2) p
                left join chat.members m on m.room = p.room and m.usr = $1
                left join chat.marks k on k.room = p.room and k.usr = $1)
        select p.kind, p.seq, p.messages, p.role, p.mark, p.banned, p.settings, {Unread}, {Mentions}, {HasMore} from marked p
        """;

    private const string First = $"greatest(p.mark, p.seq - {Window})";

    /// <summary>Whether the event <c>u</c> is a message that another user sent and that is not deleted.</summary>
    private const string IsUnread = "u.kind = 0 and not u.deleted and u.usr <> $1";

    /// <summary>Must be the value of <see cref="UnreadCounts.Window"/>, which the tests of the stores use.</summary>
    private const string Window = "1000";

    public static string ForSqlite(string sql) => sql.Replace("chat.", "", StringComparison.Ordinal)
        .Replace("greatest(", "max(", StringComparison.Ordinal).Replace('$', '?');
}
