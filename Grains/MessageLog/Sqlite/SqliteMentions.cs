using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The stored mentions of messages, one row for each name, on the connection of <see cref="SqliteWrites"/>. That class
/// calls each method within a transaction.
/// </summary>
internal sealed class SqliteMentions(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _add = new(connection, "insert into mentions(room, usr, seq) values(?1, ?2, ?3) on conflict do nothing");
    private readonly SqliteStatement _find = new(connection, "select mentions from events where room = ?1 and seq = ?2 and kind = 0");
    private readonly SqliteStatement _remove = new(connection, "delete from mentions where room = ?1 and usr = ?2 and seq = ?3");

    public void Add(string room, long seq, string? mentions)
    {
        foreach (var name in MentionList.Names(mentions))
        {
            _add.Run(room, name, seq);
        }
    }

    /// <summary>
    /// Removes the rows of a message. Must be called before the message is deleted, because the message has the names.
    /// </summary>
    public void Remove(string room, long? seq)
    {
        foreach (var name in MentionList.Names(Find(room, seq)))
        {
            _remove.Run(room, name, seq);
        }
    }

    public void Dispose()
    {
        _add.Dispose();
        _find.Dispose();
        _remove.Dispose();
    }

    private string? Find(string room, long? seq)
    {
        using var row = _find.Query(room, seq);
        return row.Read() ? row.TextOrNull(0) : null;
    }
}
