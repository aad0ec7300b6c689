using System.Text.Json;
using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The reads of the message log, on one connection. Each method runs one statement, so it sees the state of exactly one
/// commit.
/// </summary>
internal sealed class SqliteReads(SqliteConnection connection) : IDisposable
{
    /// <summary>The columns of a statement whose rows <see cref="ToEvent"/> reads.</summary>
    public const string EventColumns = "seq, ts, usr, kind, text, ref, reply, meta, client_id, edited, messages, case when not deleted then mentions end";

    private readonly SqliteStatement _exists = new(connection, "select 1 from rooms where room = ?1");

    private readonly SqliteStatement _first = new(
        connection, "select seq, ts, hash, messages from events where room = ?1 and usr = ?2 and client_id = ?3");

    private readonly SqliteStatement _events = new(
        connection,
        $"""
        select {EventColumns} from events
        where room = ?1 and seq > ?2 order by seq limit ?3
        """);

    private readonly SqliteStatement _eventsFromEnd = new(
        connection,
        $"""
        select {EventColumns} from events
        where room = ?1 and seq > ?2 and seq <= ?3 order by seq desc
        """);

    private readonly SqliteStatement _heads = new(
        connection, "select room, seq, claim from rooms where room in (select value from json_each(?1))");

    private readonly SqliteStatement _facts = new(
        connection,
        """
        select r.kind, r.seq, r.messages, coalesce(m.role, 0), coalesce(k.seq, 0), coalesce(m.banned, 0), r.settings
        from rooms r
        left join members m on m.room = r.room and m.usr = ?1
        left join marks k on k.room = r.room and k.usr = ?1
        where r.room = ?2
        """);

    private readonly SqliteStatement _countedFacts = new(connection, UnreadSql.ForSqlite(UnreadSql.Facts));

    private readonly SqliteStatement _members = new(connection, "select usr, role, muted, banned from members where room = ?1 order by since, usr");

    private readonly SqliteStatement _links = new(
        connection, "select seq, usr, hash, max_uses, until, used from links where room = ?1 order by seq");

    private readonly SqliteStatement _hasLink = new(
        connection,
        """
        select 1 from links where room = ?1 and hash in (select value from json_each(?3))
            and (until is null or until > ?4) and (max_uses is null or used < max_uses)
            and not exists(select 1 from members m where m.room = ?1 and m.usr = ?2 and m.banned > ?4)
        """);

    private readonly SqliteStatement _conversations = new(connection, ConversationSql.ForSqlite(ConversationSql.List));
    private readonly SqliteStatement _changes = new(connection, ConversationSql.ForSqlite(ConversationSql.Changes));

    // Counts only groups: the two ranges of room names leave out all names that begin with '@'. Every direct room has
    // such a name, and no group has one.
    private readonly SqliteStatement _countGroups = new(
        connection,
        """
        select count(*) from (
            select 1 from (select 1 from members where usr = ?1 and room < '@' and role between 1 and ?2 limit ?3)
            union all
            select 1 from (select 1 from members where usr = ?1 and room >= 'A' and role between 1 and ?2 limit ?3))
        """);
    private readonly SqliteStatement _minVersion = new(connection, SqliteSchema.ReadMinVersion);

    public SqliteThreads Threads { get; } = new(connection);

    public SqliteSelections Selections { get; } = new(connection);
    public SqliteBlocks Blocks { get; } = new(connection);

    public SqliteReports Reports { get; } = new(connection);

    public bool Exists(string room)
    {
        using var row = _exists.Query(room);
        return row.Read();
    }

    public AppendedEntry? First(string room, string user, string clientId)
    {
        using var row = _first.Query(room, user, clientId);
        return row.Read() ? new AppendedEntry(row.Number(0), row.Number(1), row.Number(2), row.Number(3), Duplicate: true) : null;
    }

    public IReadOnlyList<RoomEvent> Events(string room, MessageLogRange range)
    {
        var events = new List<RoomEvent>();
        var bytes = 0L;
        using var row = range.FromEnd
            ? _eventsFromEnd.Query(room, range.After, range.After + range.Limit)
            : _events.Query(room, range.After, range.Limit);
        while (bytes < range.Bytes && row.Read())
        {
            events.Add(ToEvent(row));
            bytes += range.Bytes == int.MaxValue ? 0 : EventBytes.Count(events[^1]);
        }

        if (range.FromEnd)
        {
            events.Reverse();
        }

        return events;
    }

    public static RoomEvent ToEvent(SqliteStatement.Rows row) => new(
        row.Number(0), row.Number(1), row.Text(2), (RoomEventKind)row.Number(3), row.TextOrNull(4), row.NumberOrNull(5),
        row.NumberOrNull(6), row.TextOrNull(7), row.TextOrNull(8), row.IsTrue(9), row.Number(10))
    { Mentions = row.TextOrNull(11) };

    public IReadOnlyList<RoomHead> Heads(IReadOnlyCollection<string> rooms)
    {
        var heads = new List<RoomHead>(rooms.Count);
        using var row = _heads.Query(JsonSerializer.Serialize(rooms));
        while (row.Read())
        {
            heads.Add(new RoomHead(row.Text(0), row.Number(1), row.Number(2)));
        }

        return heads;
    }

    public RoomFacts? Facts(string room, string user)
    {
        using var row = _facts.Query(user, room);
        return row.Read() ? ToFacts(row, room, user) : null;
    }

    public CountedFacts? CountedFacts(string room, string user)
    {
        using var row = _countedFacts.Query(user, room);
        return row.Read() ? new(ToFacts(row, room, user), new(row.Number(7), row.Number(8), row.IsTrue(9))) : null;
    }

    private static RoomFacts ToFacts(SqliteStatement.Rows row, string room, string user)
    {
        var kind = (RoomKind)row.Number(0);
        var role = RoomRules.RoleOf(kind, room, user, (RoomRole)row.Number(3));
        return new(kind, row.Number(1), row.Number(2), role, row.Number(4), row.Number(5), RoomSettings.Parse(row.TextOrNull(6)));
    }

    public IReadOnlyList<Member> Members(string room)
    {
        var members = new List<Member>();
        using var row = _members.Query(room);
        while (row.Read())
        {
            members.Add(new(row.Text(0), (RoomRole)row.Number(1), row.Number(2), row.Number(3)));
        }

        return members;
    }

    public long CountGroups(string user, bool withInvitations, int most)
    {
        using var row = _countGroups.Query(user, (long)(withInvitations ? RoomRole.Invited : RoomRole.Owner), (long)most);
        row.Read();
        return row.Number(0);
    }

    public IReadOnlyList<RoomLink> Links(string room)
    {
        var links = new List<RoomLink>();
        using var row = _links.Query(room);
        while (row.Read())
        {
            links.Add(new(row.Number(0), row.Text(1), row.Text(2), (int?)row.NumberOrNull(3), row.NumberOrNull(4), (int)row.Number(5)));
        }

        return links;
    }

    public bool HasLink(string room, string user, IReadOnlyCollection<string> hashes, long now)
    {
        using var row = _hasLink.Query(room, user, JsonSerializer.Serialize(hashes), now);
        return row.Read();
    }

    /// <param name="committed">The number of the newest transaction that had committed before this read.</param>
    public ConversationRows Conversations(string user, ConversationsBefore? before, int limit, long committed)
    {
        using var row = _conversations.Query(user, before?.Ts ?? long.MaxValue, before?.Room ?? "", limit);
        var (log, rows) = Read(row);
        return new([.. rows.Select(one => one.Row)], ConversationRules.ToCursor(log, committed + 1));
    }

    /// <inheritdoc cref="Conversations"/>
    public ConversationChanges? Changes(string user, string cursor, int limit, long committed)
    {
        if (ConversationRules.Number(cursor) is not { } number)
        {
            return null;
        }

        using var row = _changes.Query(user, number, limit + 1);
        var (log, rows) = Read(row);
        return rows.Count > limit || ConversationRules.FromCursor(cursor, log, committed + 1) is null
            ? null
            : new(
                [.. rows.Where(one => one.IsListed).Select(one => one.Row)], [.. rows.Where(one => !one.IsListed).Select(one => one.Row.Room)],
                ConversationRules.ToCursor(log, committed + 1));
    }

    private static (string Log, List<(ConversationRow Row, bool IsListed)> Rows) Read(SqliteStatement.Rows row)
    {
        var (log, rows) = ("", new List<(ConversationRow, bool)>());
        while (row.Read())
        {
            log = row.Text(0);
            if (row.TextOrNull(3) is not { } room)
            {
                break;
            }

            var kind = (RoomKind)row.Number(4);
            NewestEvent? last = row.NumberOrNull(16) is { } seq
                ? new(seq, row.Number(17), row.Text(18), (RoomEventKind)row.Number(19), row.TextOrNull(20))
                : null;
            rows.Add((
                new(
                    room, kind, row.Number(7), row.Number(8), row.Number(9), row.Number(10),
                    kind == RoomKind.Group ? (RoomRole)row.Number(6) : RoomRole.None, row.TextOrNull(11), last,
                    new(row.IsTrue(12), row.IsTrue(13), row.IsTrue(14), row.Number(15)), row.Number(21), row.IsTrue(22)),
                row.IsTrue(5)));
        }

        return (log, rows);
    }

    public int Version()
    {
        using var row = _minVersion.Query();
        row.Read();
        return SqliteSchema.LogVersionOf(row.Number(0));
    }

    public void Dispose()
    {
        _exists.Dispose();
        _first.Dispose();
        _events.Dispose();
        _eventsFromEnd.Dispose();
        _heads.Dispose();
        _facts.Dispose();
        _countedFacts.Dispose();
        _members.Dispose();
        _countGroups.Dispose();
        _links.Dispose();
        _hasLink.Dispose();
        _conversations.Dispose();
        _changes.Dispose();
        _minVersion.Dispose();
        Threads.Dispose();
        Selections.Dispose();
        Blocks.Dispose();
        Reports.Dispose();
        connection.Dispose();
    }
}
