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
    /// <remarks>
    /// The lateral join reads at most one event of each person, in the order of an index. Without the limit or the
    /// order, the database may read the whole room instead.
    /// </remarks>
    public const string Readers =
        """
        select r.usr from chat.events message
        left join lateral (
            select u.usr from (
                select m.usr from chat.members m where m.room = $1 and m.role between 1 and 3
                union select person collate "C" from unnest($3) as p(person)) u
            join chat.marks k on k.room = $1 and k.usr = u.usr and k.seq >= $2
            where u.usr <> message.usr and not exists(
                select 1 from unnest($3) as p(person) left join lateral (
                    select e.seq from chat.events e where e.room = $1 and e.usr = p.person and e.client_id is not null
                    order by e.client_id limit 1) sent on true
                where sent.seq is null)
                and not exists(select 1 from chat.blocks b where b.usr = any($3) and b.blocked = any($3))
            order by u.usr limit $4) r on true
        where message.room = $1 and message.seq = $2 and message.kind = 0
        order by r.usr
        """;
}
