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
    private readonly SqliteStatement _exists = new(connection, "select 1 from rooms where room = ?1");

    private readonly SqliteStatement _first = new(
        connection, "select seq, ts, hash, messages from events where room = ?1 and usr = ?2 and client_id = ?3");

    private readonly SqliteStatement _events = new(
        connection,
        """
        select seq, ts, usr, kind, text, ref, reply, meta, client_id, edited, messages from events
        where room = ?1 and seq > ?2 order by seq limit ?3
        """);

    private readonly SqliteStatement _eventsFromEnd = new(
        connection,
        """
        select seq, ts, usr, kind, text, ref, reply, meta, client_id, edited, messages from events
        where room = ?1 and seq > ?2 and seq <= ?3 order by seq desc
        """);

    private readonly SqliteStatement _heads = new(
        connection, "select room, seq, claim from rooms where room in (select value from json_each(?1))");

    private readonly SqliteStatement _facts = new(
        connection,
        """
        select r.kind, r.seq, r.messages, coalesce(m.role, 0), coalesce(k.seq, 0),
            coalesce((select e.messages from events e where e.room = r.room and e.seq <= k.seq order by e.seq desc limit 1), 0), coalesce(m.banned, 0)
        from rooms r
        left join members m on m.room = r.room and m.usr = ?2
        left join marks k on k.room = r.room and k.usr = ?2
        where r.room = ?1
        """);

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

    private readonly SqliteStatement _conversations = new(
        connection,
        """
        select c.room, c.kind, case when c.role = 4 then 0 else c.seq end, c.ts, coalesce(k.seq, 0), case when c.role = 4 then 0 else
            c.messages - coalesce((select e.messages from events e where e.room = c.room and e.seq <= k.seq order by e.seq desc limit 1), 0) end,
            case when c.kind = 1 then c.role else 0 end, c.title
        from (
            select r.room, r.kind, r.seq, r.messages, r.title, m.role, case when m.role = 4
                then coalesce((select e.ts from events e where e.room = m.room and e.seq = m.since), 0) else r.ts end as ts
            from members m join rooms r on r.room = m.room where m.usr = ?1 and m.role > 0) c
        left join marks k on k.room = c.room and k.usr = ?1 and c.role <> 4
        where (c.ts, c.room) < (?2, ?3)
        order by c.ts desc, c.room desc limit ?4
        """);

    // Every name of a direct room begins with '@', and no name of a group does.
    private readonly SqliteStatement _countGroups = new(
        connection,
        """
        select count(*) from (
            select 1 from (select 1 from members where usr = ?1 and room < '@' and role between 1 and ?2 limit ?3)
            union all
            select 1 from (select 1 from members where usr = ?1 and room >= 'A' and role between 1 and ?2 limit ?3))
        """);

    private readonly SqliteStatement _minVersion = new(connection, SqliteSchema.ReadMinVersion);

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
            events.Add(new RoomEvent(
                row.Number(0), row.Number(1), row.Text(2), (RoomEventKind)row.Number(3), row.TextOrNull(4), row.NumberOrNull(5),
                row.NumberOrNull(6), row.TextOrNull(7), row.TextOrNull(8), row.IsTrue(9), row.Number(10)));
            bytes += range.Bytes == int.MaxValue ? 0 : EventBytes.Count(events[^1]);
        }

        if (range.FromEnd)
        {
            events.Reverse();
        }

        return events;
    }

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
        using var row = _facts.Query(room, user);
        if (!row.Read())
        {
            return null;
        }

        var kind = (RoomKind)row.Number(0);
        var role = RoomRules.RoleOf(kind, room, user, (RoomRole)row.Number(3));
        return new RoomFacts(kind, row.Number(1), row.Number(2), role, row.Number(4), row.Number(5), row.Number(6));
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

    public IReadOnlyList<ConversationRow> Conversations(string user, ConversationsBefore? before, int limit)
    {
        var conversations = new List<ConversationRow>();
        using var row = _conversations.Query(user, before?.Ts ?? long.MaxValue, before?.Room ?? "", limit);
        while (row.Read())
        {
            conversations.Add(new(row.Text(0), (RoomKind)row.Number(1), row.Number(2), row.Number(3), row.Number(4), row.Number(5), (RoomRole)row.Number(6), row.TextOrNull(7)));
        }

        return conversations;
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
        _members.Dispose();
        _countGroups.Dispose();
        _links.Dispose();
        _hasLink.Dispose();
        _conversations.Dispose();
        _minVersion.Dispose();
        connection.Dispose();
    }
}
