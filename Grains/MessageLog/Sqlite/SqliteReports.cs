using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>The reads of reports, on one connection. Each method runs one statement.</summary>
internal sealed class SqliteReports(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _target = new(
        connection,
        """
        select usr, deleted, exists(select 1 from reports r where r.room = ?1 and r.seq = ?2 and r.usr = ?3)
        from events where room = ?1 and seq = ?2 and kind = 0
        """);

    private readonly SqliteStatement _list = new(
        connection,
        """
        select r.seq, e.usr, r.usr, r.ts, r.reason from reports r join events e on e.room = r.room and e.seq = r.seq
        where r.room = ?1 order by r.ts desc, r.seq desc, r.usr limit ?2
        """);

    private readonly SqliteStatement _settings = new(connection, "select settings from rooms where room = ?1");

    public ReportTarget? Target(string room, long message, string user)
    {
        using var row = _target.Query(room, message, user);
        return row.Read() ? new(row.Text(0), row.IsTrue(1), row.IsTrue(2)) : null;
    }

    public IReadOnlyList<MessageReport> Of(string room, int limit)
    {
        var reports = new List<MessageReport>();
        using var row = _list.Query(room, limit);
        while (row.Read())
        {
            reports.Add(new(row.Number(0), row.Text(1), row.Text(2), row.Number(3), row.TextOrNull(4)));
        }

        return reports;
    }

    public RoomSettings? Settings(string room)
    {
        using var row = _settings.Query(room);
        return row.Read() ? RoomSettings.Parse(row.TextOrNull(0)) : null;
    }

    public void Dispose()
    {
        _target.Dispose();
        _list.Dispose();
        _settings.Dispose();
    }
}
