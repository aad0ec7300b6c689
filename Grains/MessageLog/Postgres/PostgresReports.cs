namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>The statements that read and change reports in PostgreSQL.</summary>
internal static class PostgresReports
{
    /// <summary>Reads a <see cref="MessageLog.ReportTarget"/>. $1: the room, $2: the message, $3: the user.</summary>
    public const string Target =
        """
        select e.usr, e.deleted, exists(select 1 from chat.reports r where r.room = $1 and r.seq = $2 and r.usr = $3)
        from chat.events e where e.room = $1 and e.seq = $2 and e.kind = 0
        """;

    /// <summary>
    /// Stores a report. $1: the room, $2: the message, $3: the user, $4: the time, $5: the reason. The lock on the
    /// message makes the statement wait for a deletion that is in flight, and makes a deletion wait for the statement.
    /// The deletion then removes the report (<see cref="RemoveDeleted"/>).
    /// </summary>
    public static readonly string Add =
        $"""
        with message as materialized (
            select deleted from chat.events where room = $1 and seq = $2 and kind = 0 for share),
        own as (select count(*) as number from chat.reports where room = $1 and seq = $2 and usr = $3),
        others as (select count(*) as number from (select 1 from chat.reports where room = $1 limit {ReportRules.MaxReports}) r),
        stored as (
            insert into chat.reports(room, seq, usr, ts, reason)
            select $1, $2, $3, $4, $5::text from message, others where not deleted and others.number < {ReportRules.MaxReports}
            on conflict do nothing)
        select coalesce((select deleted from message), true), own.number > 0 or others.number < {ReportRules.MaxReports} from own, others
        """;

    /// <summary>Reads the newest reports. $1: the room, $2: the limit.</summary>
    public const string List =
        """
        select r.seq, e.usr, r.usr, r.ts, r.reason from chat.reports r join chat.events e on e.room = r.room and e.seq = r.seq
        where r.room = $1 order by r.ts desc, r.seq desc, r.usr limit $2
        """;

    /// <summary>
    /// Removes the reports of deleted messages, after the statement that deletes these messages, in the same
    /// transaction. This is a separate statement, so it sees the reports that were committed while the deletion waited
    /// for the lock on the message. $1: the rooms, $2: the messages.
    /// </summary>
    public const string RemoveDeleted =
        """
        delete from chat.reports r using unnest($1, $2) as g(room, seq)
        where r.room = g.room and r.seq = g.seq
            and exists(select 1 from chat.events m where m.room = r.room and m.seq = r.seq and m.deleted)
        """;
}
