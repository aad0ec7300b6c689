using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The reads of replies and readers of messages, on one connection. Each method runs one statement. The statement that
/// counts replies names its index, because otherwise SQLite would read the whole room in the order of the sequences.
/// </summary>
internal sealed class SqliteThreads(SqliteConnection connection) : IDisposable
{
    /// <summary>Counts replies. ?1: the room, ?2: the messages as JSON.</summary>
    internal static readonly string CountReplies =
        $"""
        select value, (
            select count(*) from (
                select 1 from (
                    select deleted from events indexed by events_replies
                    where room = ?1 and reply = value and kind = 0 order by seq limit {ThreadRules.MaxReadReplies})
                where not deleted limit {ThreadRules.MaxReplies}))
        from json_each(?2)
        """;

    /// <summary>
    /// Returns the readers of a message; one row with null for none, and no row if the message does not exist. ?1: the
    /// room, ?2: the message, ?3: the two people of a direct room as JSON, ?4: the limit.
    /// </summary>
    internal const string ListReaders =
        """
        with message as (select usr from events where room = ?1 and seq = ?2 and kind = 0),
        users as (select usr from members where room = ?1 and role between 1 and 3 union select value from json_each(?3)),
        readers as (
            select users.usr from message join users on users.usr <> message.usr
            join marks on marks.room = ?1 and marks.usr = users.usr and marks.seq >= ?2
            where not exists(
                select 1 from json_each(?3) person where not exists(
                    select 1 from events sent where sent.room = ?1 and sent.usr = person.value and sent.client_id is not null))
                and not exists(
                    select 1 from json_each(?3) person join json_each(?3) other join blocks on blocks.usr = person.value and blocks.blocked = other.value)
            order by users.usr limit ?4)
        select readers.usr from message left join readers on true order by readers.usr
        """;

    private readonly SqliteStatement _replies = new(connection, CountReplies);
    private readonly SqliteStatement _readers = new(connection, ListReaders);

    public IReadOnlyDictionary<long, int> Replies(string room, IReadOnlyCollection<long> messages)
    {
        var counts = new Dictionary<long, int>();
        using var row = _replies.Query(room, JsonSerializer.Serialize(messages));
        while (row.Read())
        {
            if (row.Number(1) is > 0 and var count)
            {
                counts[row.Number(0)] = (int)count;
            }
        }

        return counts;
    }

    public IReadOnlyList<string>? Readers(string room, long message, int limit)
    {
        List<string>? readers = null;
        using var row = _readers.Query(room, message, JsonSerializer.Serialize(ThreadRules.People(room)), limit);
        while (row.Read())
        {
            readers ??= [];
            if (row.TextOrNull(0) is { } user)
            {
                readers.Add(user);
            }
        }

        return readers;
    }

    public void Dispose()
    {
        _replies.Dispose();
        _readers.Dispose();
    }
}
