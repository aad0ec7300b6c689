using Npgsql;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>
/// Converts the rows of <see cref="ConversationSql"/> in PostgreSQL, and has the statement that changes personal
/// settings.
/// </summary>
internal static class PostgresConversations
{
    /// <summary>
    /// Changes a user's personal settings of a room. $1: the user, $2: the room, $3 to $7: followed, pinned, archived,
    /// hidden and muted, null for no change, $8: whether the change turns any setting on. A change that turns nothing
    /// on creates no row.
    /// </summary>
    public static readonly string Set =
        $"""
        with head as (select room, seq from chat.rooms where room = $2),
        others as (
            select count(*) filter (where followed) as followed, count(*) as rooms from chat.conversations
            where usr = $1 and room <> $2 and (followed or pinned or archived or hidden >= 0 or muted > 0)),
        stored as (
            insert into chat.conversations as c(usr, room, followed, pinned, archived, hidden, muted, changed)
            select $1, head.room, coalesce($3::boolean, false), coalesce($4::boolean, false), coalesce($5::boolean, false),
                case when $6::boolean then head.seq else -1 end, coalesce($7::bigint, 0), pg_current_xact_id()::text::bigint
            from head, others
            where ($3::boolean is not true or others.followed < {ConversationRules.MaxFollowed})
                and case when $8::boolean then others.rooms < {ConversationRules.MaxSettings}
                    else exists(select 1 from chat.conversations own where own.usr = $1 and own.room = $2) end
            on conflict (usr, room) do update set
                followed = coalesce($3::boolean, c.followed), pinned = coalesce($4::boolean, c.pinned),
                archived = coalesce($5::boolean, c.archived),
                hidden = case when $6::boolean is null then c.hidden else excluded.hidden end,
                muted = coalesce($7::bigint, c.muted), changed = excluded.changed
            returning 1)
        select (select count(*) from head), (select count(*) from stored), others.followed from others
        """;

    /// <summary>A row that a read of conversations returns. The conversation is null if the read found none.</summary>
    /// <param name="Cursor">The id of the oldest transaction that was in flight during the read.</param>
    /// <param name="Newest">One more than the highest id of a transaction that had ended.</param>
    public readonly record struct Row(string Log, long Cursor, long Newest, ConversationRow? Conversation, bool IsListed);

    public static Row ToRow(NpgsqlDataReader row)
    {
        var (log, cursor, newest) = (row.GetString(0), row.GetInt64(1), row.GetInt64(2));
        if (row.IsDBNull(3))
        {
            return new(log, cursor, newest, null, false);
        }

        var kind = (RoomKind)row.GetInt64(4);
        NewestEvent? last = row.IsDBNull(16)
            ? null
            : new(row.GetInt64(16), row.GetInt64(17), row.GetString(18), (RoomEventKind)row.GetInt64(19), row.IsDBNull(20) ? null : row.GetString(20));
        var conversation = new ConversationRow(
            row.GetString(3), kind, row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10),
            kind == RoomKind.Group ? (RoomRole)row.GetInt64(6) : RoomRole.None, row.IsDBNull(11) ? null : row.GetString(11), last,
            new(row.GetInt64(12) > 0, row.GetInt64(13) > 0, row.GetInt64(14) > 0, row.GetInt64(15)), row.GetInt64(21), row.GetInt64(22) > 0);
        return new(log, cursor, newest, conversation, row.GetInt64(5) > 0);
    }

    public static ConversationRows ToPage(IReadOnlyList<Row> rows) =>
        new([.. rows.Select(row => row.Conversation).OfType<ConversationRow>()], ConversationRules.ToCursor(rows[0].Log, rows[0].Cursor));

    /// <summary>
    /// Returns null if the cursor is not a cursor of this log, or if there are more rows than the limit.
    /// </summary>
    public static ConversationChanges? ToChanges(IReadOnlyList<Row> rows, string cursor, int limit) =>
        rows.Count > limit || ConversationRules.FromCursor(cursor, rows[0].Log, rows[0].Newest) is null
            ? null
            : new(
                [.. rows.Where(row => row.IsListed).Select(row => row.Conversation).OfType<ConversationRow>()],
                [.. rows.Where(row => !row.IsListed).Select(row => row.Conversation?.Room).OfType<string>()],
                ConversationRules.ToCursor(rows[0].Log, rows[0].Cursor));

    public static ConversationStored ToStored(NpgsqlDataReader row, ConversationChange change) =>
        row.GetInt64(0) == 0 ? ConversationStored.NoRoom
        : row.GetInt64(1) > 0 || !change.Sets ? ConversationStored.Yes
        : change.Followed == true && row.GetInt64(2) >= ConversationRules.MaxFollowed ? ConversationStored.FollowsTooMany
        : ConversationStored.TooManySettings;
}
