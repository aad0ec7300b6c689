namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>The statements that read and change blocks in PostgreSQL.</summary>
internal static class PostgresBlocks
{
    /// <summary>Blocks a user. $1: the user, $2: the blocked user. Returns whether the block is stored.</summary>
    public static readonly string Block =
        $"""
        with others as (select count(*) as number from chat.blocks where usr = $1 and blocked <> $2),
        stored as (
            insert into chat.blocks(usr, blocked) select $1, $2 from others where number < {BlockRules.MaxBlocks} on conflict do nothing)
        select number < {BlockRules.MaxBlocks} or exists(select 1 from chat.blocks where usr = $1 and blocked = $2) from others
        """;

    /// <summary>
    /// Reads <see cref="DirectFacts"/>. $1: the room, $2 and $3: its people. Because each subquery has <c>limit 1</c>,
    /// the database reads one index entry, and not all events of the room.
    /// </summary>
    public const string Direct =
        """
        select u.usr,
            (select true from chat.events e where e.room = $1 and e.usr = u.usr and e.client_id is not null order by e.client_id limit 1) is not null,
            (select true from chat.blocks b where b.usr = u.usr and b.blocked = u.other limit 1) is not null
        from (values ($2, $3), ($3, $2)) u(usr, other)
        """;
}
