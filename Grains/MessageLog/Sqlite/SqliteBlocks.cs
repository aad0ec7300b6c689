using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>The reads of blocks, on one connection. Each method runs one statement.</summary>
internal sealed class SqliteBlocks(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _list = new(connection, "select blocked from blocks where usr = ?1 order by blocked");

    private readonly SqliteStatement _blockers = new(
        connection, "select value from json_each(?2) where exists(select 1 from blocks where usr = value and blocked = ?1)");

    private readonly SqliteStatement _direct = new(
        connection,
        """
        select u.usr,
            exists(select 1 from events e where e.room = ?1 and e.usr = u.usr and e.client_id is not null),
            exists(select 1 from blocks b where b.usr = u.usr and b.blocked = u.other)
        from (select ?2 as usr, ?3 as other union all select ?3, ?2) u
        """);

    public IReadOnlyList<string> Of(string user) => Users(_list.Query(user));

    /// <summary>Returns which of <paramref name="users"/> have blocked <paramref name="blocked"/>.</summary>
    public IReadOnlyList<string> Blockers(string blocked, IReadOnlyCollection<string> users) =>
        Users(_blockers.Query(blocked, JsonSerializer.Serialize(users)));

    public DirectFacts Direct(string room, string user, string other)
    {
        List<string> senders = [], blockers = [];
        using var row = _direct.Query(room, user, other);
        while (row.Read())
        {
            if (row.IsTrue(1))
            {
                senders.Add(row.Text(0));
            }

            if (row.IsTrue(2))
            {
                blockers.Add(row.Text(0));
            }
        }

        return new(senders, blockers);
    }

    public void Dispose()
    {
        _list.Dispose();
        _blockers.Dispose();
        _direct.Dispose();
    }

    private static List<string> Users(SqliteStatement.Rows rows)
    {
        using (rows)
        {
            var users = new List<string>();
            while (rows.Read())
            {
                users.Add(rows.Text(0));
            }

            return users;
        }
    }
}
