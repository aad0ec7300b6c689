using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>The statements that read replies and readers of messages in PostgreSQL.</summary>
internal static class PostgresThreads
{
    /// <summary>Counts replies. $1: the room, $2: the messages.</summary>
    public static readonly string Replies =
        $"""
        select m.seq, (
            select count(*) from (
                select 1 from (
                    select e.deleted from chat.events e where e.room = $1 and e.reply = m.seq and e.kind = 0
                    order by e.seq limit {ThreadRules.MaxReadReplies}) r
                where not r.deleted limit {ThreadRules.MaxReplies}) c)
        from unnest($2) as m(seq)
        """;

    /// <summary>
    /// Returns the readers of a message; one row with null for none, and no row if the message does not exist. $1: the
    /// room, $2: the message, $3: the two people of a direct room, $4: the limit.
    /// </summary>
    public const string Readers =
        """
        select r.usr from chat.events message
        left join lateral (
            select u.usr from (
                select m.usr from chat.members m where m.room = $1 and m.role between 1 and 3
                union select person collate "C" from unnest($3) as p(person)) u
            join chat.marks k on k.room = $1 and k.usr = u.usr and k.seq >= $2
            where u.usr <> message.usr and not exists(
                select 1 from unnest($3) as p(person) where not exists(
                    select 1 from chat.events sent where sent.room = $1 and sent.usr = p.person and sent.client_id is not null))
                and not exists(select 1 from chat.blocks b where b.usr = any($3) and b.blocked = any($3))
            order by u.usr limit $4) r on true
        where message.room = $1 and message.seq = $2 and message.kind = 0
        order by r.usr
        """;

    /// <summary>
    /// Reads a <see cref="ThreadRange"/>. The last column is the number of messages in the range, up to one more than
    /// the limit. The database counts the bytes, like in a read of a <see cref="MessageLogRange"/>. $1: the room, $2:
    /// the message, $3 and $4: the sequences before and after the range, $5: the limit, $6: the bytes.
    /// </summary>
    public static string Thread(bool fromEnd)
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
                    from chat.events where room = $1 and reply = $2 and seq > $3 and seq < $4 and kind = 0
                    order by seq {order} limit $5 + 1
                ) e
            ) s where number <= $5 and bytes_before < $6 order by seq
            """;
    }
}
