using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The stored pins of rooms, on the connection of <see cref="SqliteWrites"/>. That class calls each method within a
/// transaction.
/// </summary>
internal sealed class SqlitePins(SqliteConnection connection) : IDisposable
{
    private readonly SqliteStatement _add = new(
        connection,
        "insert or ignore into pins(room, seq) select room, seq from events where room = ?1 and seq = ?2 and kind = 0 and not deleted");

    private readonly SqliteStatement _remove = new(connection, "delete from pins where room = ?1 and seq = ?2");

    /// <summary>Applies an event to the pins, as <see cref="PinRules"/> says.</summary>
    public void Apply(string room, MessageLogEntry entry)
    {
        if (entry.Kind == RoomEventKind.Pin)
        {
            _add.Run(room, entry.Ref);
        }
        else
        {
            _remove.Run(room, entry.Ref);
        }
    }

    public void Dispose()
    {
        _add.Dispose();
        _remove.Dispose();
    }
}
