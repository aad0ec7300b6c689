using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>
/// The statements that read selected events of a room in PostgreSQL, and the statements that change the room's pins.
/// </summary>
internal static class PostgresSelections
{
    /// <summary>
    /// The part of <see cref="AppendStatement"/> that applies events to the pins, as <see cref="PinRules"/> says. A pin
    /// is the only entry of its append, so the message that it names was committed earlier.
    /// </summary>
    public const string ChangePins =
        """
        , pinned as (
            insert into chat.pins(room, seq)
            select m.room, m.seq from fresh f join chat.events m on m.room = f.room and m.seq = f.ref
            where f.kind = 18 and m.kind = 0 and not m.deleted
            on conflict do nothing),
        unpinned as (
            delete from chat.pins p using fresh f where f.kind = 19 and p.room = f.room and p.seq = f.ref)

        """;

    /// <summary>Lists the pinned messages. $1: the room.</summary>
    public const string Pins = "select seq from chat.pins where room = $1 order by seq";

    /// <summary>
    /// Reads a <see cref="SelectedRange"/>. The last column is the number of events in the range, up to one more than
    /// the limit. The database counts the bytes, as in <see cref="BoundedRead"/>. $1: the room, $2 and $3: the
    /// sequences before and after the range, $4: the limit, $5: the bytes, $6: the message, for replies.
    /// </summary>
    public static string Select(SelectionKind kind, bool fromEnd)
    {
        var order = fromEnd ? "desc" : "asc";
        return
            $"""
            select {PostgresMessageLog.EventColumns}, total from (
                select e.*, count(*) over () as total, row_number() over (order by seq {order}) as number,
                    sum(bytes) over (order by seq {order} rows between unbounded preceding and current row) - bytes as bytes_before
                from (
                    select *, {EventBytes.Overhead} + coalesce(octet_length(text), 0) + coalesce(octet_length(meta), 0)
                        + coalesce(octet_length(mentions), 0) as bytes
                    from chat.events where room = $1 and {Condition(kind)} and seq > $2 and seq < $3
                    order by seq {order} limit $4 + 1
                ) e
            ) s where number <= $4 and bytes_before < $5 order by seq
            """;
    }

    /// <summary>
    /// Reads events of a room up to a limit in bytes. The database counts the bytes, so it does not send events that do
    /// not fit. It knows the length of a text without decompressing the text.
    /// </summary>
    public static string BoundedRead(bool fromEnd)
    {
        var order = fromEnd ? "desc" : "asc";
        return
            $"""
            select {PostgresMessageLog.EventColumns} from (
                select e.*, sum(bytes) over (order by seq {order} rows between unbounded preceding and current row) - bytes as bytes_before from (
                    select *, {EventBytes.Overhead} + coalesce(octet_length(text), 0) + coalesce(octet_length(meta), 0)
                        + coalesce(octet_length(mentions), 0) as bytes
                    from chat.events where room = $1 and seq > $2 and seq <= $3
                ) e
            ) s where bytes_before < $4 order by seq
            """;
    }

    private static string Condition(SelectionKind kind) => kind switch
    {
        SelectionKind.Replies => "reply = $6 and kind = 0",
        SelectionKind.Pins => "seq = any(array(select p.seq from chat.pins p where p.room = $1))",

        // This is the condition of the index events_changes.
        SelectionKind.Changes => "(kind = 2 or kind >= 7)",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
