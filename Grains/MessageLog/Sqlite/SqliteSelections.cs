using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The reads of selected events of a room, on one connection. Each method runs one statement. The statements name the
/// indexes, because otherwise SQLite would read the whole room in the order of the sequences.
/// </summary>
internal sealed class SqliteSelections(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<(SelectionKind, bool FromEnd), SqliteStatement> _selections = new(
        from kind in Enum.GetValues<SelectionKind>()
        from fromEnd in new[] { false, true }
        select KeyValuePair.Create((kind, fromEnd), new SqliteStatement(connection, Read(kind, fromEnd))));

    private readonly SqliteStatement _pins = new(connection, "select seq from pins where room = ?1 order by seq");

    public SelectedPage Select(string room, SelectedRange range)
    {
        var events = new List<RoomEvent>();
        var bytes = 0L;
        var (of, limit) = (range.Of, range.Limit + 1L);
        var statement = _selections[(of.Kind, range.FromEnd)];
        using var row = of.Kind == SelectionKind.Replies
            ? statement.Query(room, range.After, range.Before, limit, of.Message)
            : statement.Query(room, range.After, range.Before, limit);
        var more = row.Read();
        for (; more && events.Count < range.Limit && bytes < range.Bytes; more = row.Read())
        {
            events.Add(SqliteReads.ToEvent(row));
            bytes += EventBytes.Count(events[^1]);
        }

        if (range.FromEnd)
        {
            events.Reverse();
        }

        return new(events, more);
    }

    public IReadOnlyList<long> Pins(string room)
    {
        var pins = new List<long>();
        using var row = _pins.Query(room);
        while (row.Read())
        {
            pins.Add(row.Number(0));
        }

        return pins;
    }

    public void Dispose()
    {
        foreach (var statement in _selections.Values)
        {
            statement.Dispose();
        }

        _pins.Dispose();
    }

    /// <summary>
    /// Returns the statement that reads a <see cref="SelectedRange"/>, newest first if <paramref name="fromEnd"/> is
    /// true, otherwise oldest first. ?1: the room, ?2 and ?3: the sequences before and after the range, ?4: the limit,
    /// ?5: the message, for replies.
    /// </summary>
    internal static string Read(SelectionKind kind, bool fromEnd)
    {
        var (index, condition) = kind switch
        {
            SelectionKind.Replies => ("indexed by events_replies", "reply = ?5 and kind = 0"),
            SelectionKind.Pins => ("not indexed", "seq in (select p.seq from pins p where p.room = ?1)"),

            // This is the condition of the index events_changes.
            SelectionKind.Changes => ("indexed by events_changes", "(kind = 2 or kind >= 7)"),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
        return
            $"""
            select {SqliteReads.EventColumns} from events {index}
            where room = ?1 and {condition} and seq > ?2 and seq < ?3 order by seq {(fromEnd ? "desc" : "asc")} limit ?4
            """;
    }
}
