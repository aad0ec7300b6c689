namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// The statements that read a user's conversations, in the SQL of PostgreSQL. <see cref="ForSqlite"/> translates them.
/// Each statement finds the rows of one user by an index, and reads data only of the rooms in them.
/// </summary>
/// <remarks>
/// The column <c>changed</c> of a row has the number of the transaction that last changed the row. In PostgreSQL, this
/// number is the transaction's id. A cursor has the id of the oldest transaction that was in flight when the list was
/// read. All older transactions had ended, so the read saw their changes. Newer transactions may have ended too, so the
/// next read can return some changes a second time. A cursor with the newest id would not be safe, because an older
/// transaction may commit later. In SQLite, one transaction runs at a time, and <see cref="Sqlite.SqliteWrites"/>
/// numbers the transactions.
/// </remarks>
internal static class ConversationSql
{
    /// <summary>
    /// Reads a page of a user's conversations, newest first. $1: the user, $2 and $3: the time and the room of the last
    /// row of the previous page, $4: the limit.
    /// </summary>
    public const string List =
        $"""
        with mine as materialized (
            select {State}, r.ts as ts from chat.members m join chat.rooms r on r.room = m.room
                left join chat.conversations c on c.usr = m.usr and c.room = m.room
            where m.usr = $1 and m.role between 1 and 3
            union all
            select {State}, {Invited} as ts from chat.members m join chat.rooms r on r.room = m.room
                left join chat.conversations c on c.usr = m.usr and c.room = m.room
            where m.usr = $1 and m.role = 4
            union all
            select {State}, r.ts as ts from chat.conversations c join chat.rooms r on r.room = c.room
                left join chat.members m on m.usr = c.usr and m.room = c.room
            where c.usr = $1 and c.followed and r.kind = 0),
        page as materialized (
            select * from mine where listed = 1 and (ts, room) < ($2, $3) order by ts desc, room desc limit $4)
        {Rows}
        """;

    /// <summary>
    /// Reads the conversations of a user that changed since a cursor. $1: the user, $2: the number of the cursor, $3:
    /// the limit. An invited user and a user who has left must not see that there is activity in the room. So for an
    /// invited user, only changes of the user's own rows in <c>members</c> and <c>conversations</c> count. For a user
    /// without a role, only changes of the row in <c>conversations</c> count: a stranger must not notice a ban or a
    /// mute.
    /// </summary>
    public const string Changes =
        $"""
        with page as materialized (
            select {State}, case when m.role = 4 then {Invited} else r.ts end as ts
            from chat.members m join chat.rooms r on r.room = m.room
                left join chat.conversations c on c.usr = m.usr and c.room = m.room
                left join chat.marks k on k.usr = m.usr and k.room = m.room
            where m.usr = $1 and (c.changed >= $2 or (m.role > 0 and m.changed >= $2) or (m.role between 1 and 3 and (r.changed >= $2 or k.changed >= $2)))
            union all
            select {State}, r.ts as ts from chat.conversations c join chat.rooms r on r.room = c.room
                left join chat.members m on m.usr = c.usr and m.room = c.room
                left join chat.marks k on k.usr = c.usr and k.room = c.room
            where c.usr = $1 and m.usr is null
                and (c.changed >= $2 or (c.followed and r.kind = 0 and (r.changed >= $2 or k.changed >= $2)))
            limit $3)
        {Rows}
        """;

    /// <summary>
    /// The columns with the state of a room for one user. The row <c>r</c> is the room, <c>m</c> is the user's row in
    /// <c>members</c>, and <c>c</c> is the user's row in <c>conversations</c>. The rows <c>m</c> and <c>c</c> may be
    /// missing.
    /// </summary>
    private const string State =
        """
        r.room, r.kind, r.seq, r.messages, r.title, coalesce(m.role, 0) as role, coalesce(c.muted, 0) as muted,
                case when c.followed then 1 else 0 end as followed, case when c.pinned then 1 else 0 end as pinned,
                case when c.archived then 1 else 0 end as archived,
                case when (m.role > 0 or (c.followed and r.kind = 0))
                    and case when m.role = 4 then m.since else r.seq end > coalesce(c.hidden, -1) then 1 else 0 end as listed
        """;

    /// <summary>
    /// The time of the invitation that the row <c>m</c> records. It costs one more read per row, so it is computed only
    /// for invited users.
    /// </summary>
    private const string Invited = "coalesce((select i.ts from chat.events i where i.room = m.room and i.seq = m.since), 0)";

    /// <summary>
    /// Returns the rows of <c>page</c>, with their counts and their newest events. If <c>page</c> is empty, the result
    /// is one row with only the columns of <c>log</c>.
    /// </summary>
    private const string Rows =
        $"""
        , marked as materialized (
            select p.*, coalesce(k.seq, 0) as mark, {UnreadSql.Lags} as lags
            from page p left join chat.marks k on k.room = p.room and k.usr = $1 and p.role <> 4)
        select log.id, log.cursor, log.newest, p.room, p.kind, p.listed, p.role, case when p.role = 4 then 0 else p.seq end, p.ts,
            p.mark, case when p.role = 4 then 0 else {UnreadSql.Unread} end,
            p.title, p.followed, p.pinned, p.archived, p.muted, e.seq, e.ts, e.usr, e.kind, substr(e.text, 1, 200),
            case when p.role = 4 then 0 else {UnreadSql.Mentions} end, case when p.role = 4 then 0 else {UnreadSql.HasMore} end
        from {PostgresLog} log left join marked p on true
            left join chat.events e on e.room = p.room and e.seq = p.seq and p.role <> 4
        order by p.ts desc, p.room desc
        """;

    private const string PostgresLog =
        "(select (select id from chat.log_identity) as id, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as cursor, pg_snapshot_xmax(pg_current_snapshot())::text::bigint as newest)";

    /// <summary>
    /// The columns for the cursor are 0 in SQLite, because the program makes the cursor from
    /// <see cref="Sqlite.SqliteWrites.Committed"/>.
    /// </summary>
    private const string SqliteLog = "(select (select id from log_identity) as id, 0 as cursor, 0 as newest)";

    public static string ForSqlite(string sql) => UnreadSql.ForSqlite(sql.Replace(PostgresLog, SqliteLog, StringComparison.Ordinal));
}
