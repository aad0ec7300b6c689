using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The stored invitation links of groups, on the connection of <see cref="SqliteWrites"/>. That class calls each method
/// within a transaction.
/// </summary>
internal sealed class SqliteLinks(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _add = new(
        connection, "insert into links(room, seq, usr, hash, max_uses, until, used) values(?1, ?2, ?3, ?4, ?5, ?6, 0)");

    private readonly SqliteStatement _removeUseless = new(
        connection, "delete from links where room = ?1 and (until <= ?2 or used >= max_uses)");

    private readonly SqliteStatement _remove = new(connection, "delete from links where room = ?1 and seq = ?2");
    private readonly SqliteStatement _use = new(connection, "update links set used = used + 1 where room = ?1 and seq = ?2");

    /// <summary>Applies an event of a group to its links, as <see cref="LinkRules"/> says.</summary>
    public void Apply(string room, long seq, MessageLogEntry entry)
    {
        switch (entry.Kind)
        {
            case RoomEventKind.Link when LinkTerms.Parse(entry.Meta) is { } terms:
                _removeUseless.Run(room, entry.Ts);
                _add.Run(room, seq, entry.User, terms.Hash, terms.Uses, terms.Until);
                break;
            case RoomEventKind.Unlink:
                _remove.Run(room, entry.Ref);
                break;
            case RoomEventKind.Join when entry.Ref is { } link:
                _use.Run(room, link);
                break;
        }
    }

    public void Dispose()
    {
        _add.Dispose();
        _removeUseless.Dispose();
        _remove.Dispose();
        _use.Dispose();
    }
}
