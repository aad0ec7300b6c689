using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// Stores and removes blocks, on the connection of <see cref="SqliteWrites"/>. That class calls the methods within a
/// transaction.
/// </summary>
internal sealed class SqliteBlockWrites(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _blocks = new(connection, "select count(*), coalesce(max(blocked = ?2), 0) from blocks where usr = ?1");
    private readonly SqliteStatement _block = new(connection, "insert into blocks(usr, blocked) values(?1, ?2)");
    private readonly SqliteStatement _unblock = new(connection, "delete from blocks where usr = ?1 and blocked = ?2");

    public bool Block(string user, string blocked)
    {
        long count;
        bool isBlocked;
        using (var row = _blocks.Query(user, blocked))
        {
            row.Read();
            (count, isBlocked) = (row.Number(0), row.IsTrue(1));
        }

        return isBlocked || (count < BlockRules.MaxBlocks && _block.Run(user, blocked) == 1);
    }

    public bool Unblock(string user, string blocked) => _unblock.Run(user, blocked) > 0;

    public void Dispose()
    {
        _blocks.Dispose();
        _block.Dispose();
        _unblock.Dispose();
    }
}
