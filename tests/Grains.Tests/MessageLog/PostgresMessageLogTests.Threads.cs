using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.MessageLog.Postgres;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>The query plans of the statements that read replies, readers and mentions.</summary>
public sealed partial class PostgresMessageLogTests
{
    [Fact]
    public async Task Threads_WhenTheRoomIsLarge_AreReadByTheIndex()
    {
        await ExecuteAsync(
            """
            insert into chat.rooms(room, kind, epoch, claim, seq, ts, messages) values ('team', 1, 'e', 1, 50000, 1, 50000);
            insert into chat.events(room, seq, usr, client_id, hash, ts, kind, text, reply, messages)
                select 'team', n, 'user-' || n % 100, n, 7, 1, 0, repeat('x', 100), case when n % 50 = 0 then n % 1000 + 1 end, n from generate_series(1, 50000) n;
            insert into chat.members(room, usr, since) select 'team', 'user-' || n, 1 from generate_series(0, 999) n;
            insert into chat.marks(room, usr, seq) select 'team', 'user-' || n, 50000 from generate_series(0, 9999) n;
            analyze chat.rooms; analyze chat.members; analyze chat.marks; analyze chat.events;
            """);

        foreach (var plan in new[]
        {
            await PlanAsync(PostgresThreads.Replies, "'team'", "array[1, 51, 101]::bigint[]"),
            await SelectAsync(SelectionKind.Replies, fromEnd: false),
            await SelectAsync(SelectionKind.Replies, fromEnd: true),
        })
        {
            Assert.Contains("events_replies", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("events_pkey", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("Seq Scan on events", plan, StringComparison.Ordinal);
        }

        foreach (var fromEnd in new[] { false, true })
        {
            var changes = await SelectAsync(SelectionKind.Changes, fromEnd);
            Assert.Contains("events_changes", changes, StringComparison.Ordinal);
            Assert.DoesNotContain("Seq Scan on events", changes, StringComparison.Ordinal);
            var pins = await SelectAsync(SelectionKind.Pins, fromEnd);
            Assert.Contains("events_pkey", pins, StringComparison.Ordinal);
            Assert.DoesNotContain("Seq Scan on events", pins, StringComparison.Ordinal);
        }

        // Besides the message, the statement reads at most one event of each person.
        var readers = await PlanAsync(PostgresThreads.Readers, "'team'", "1", "array['user-1', 'user-2']", "101");
        Assert.Contains("events_pkey", readers, StringComparison.Ordinal);
        Assert.Contains("events_client_id", readers, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on events", readers, StringComparison.Ordinal);
    }

    private Task<string> SelectAsync(SelectionKind kind, bool fromEnd)
        => PlanAsync(PostgresSelections.Select(kind, fromEnd), "'team'", "0", "50000", "10", "100000", "1");

    [Fact]
    public async Task Readers_WhenADirectRoomIsLarge_ReadOneEventOfEachPerson()
    {
        // All events are from the two people of the room. PostgreSQL could scan the table, because it expects to find
        // an event of each person at once. But if a person has sent nothing, such a scan reads all events.
        await ExecuteAsync(
            """
            insert into chat.events(room, seq, usr, client_id, hash, ts, kind, text, messages)
                select '@', n, 'user-' || n % 2, n, 7, 1, 0, repeat('x', 100), n from generate_series(1, 50000) n;
            insert into chat.members(room, usr, since) values ('@', 'user-0', 1), ('@', 'user-1', 1);
            insert into chat.marks(room, usr, seq) values ('@', 'user-0', 50000), ('@', 'user-1', 50000);
            analyze chat.members; analyze chat.marks; analyze chat.events;
            """);

        var plan = await PlanAsync(PostgresThreads.Readers, "'@'", "1", "array['user-0', 'user-1']", "101");

        Assert.Matches(@"Limit [^\n]*\n *->  Index (Only )?Scan using events_client_id on events e ", plan);
        Assert.DoesNotContain("Seq Scan on events", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mentions_WhenTheRoomIsLarge_AreReadBeforeTheirEvents()
    {
        // Every tenth message mentions cyd. No message mentions ann.
        await ExecuteAsync(
            """
            insert into chat.rooms(room, kind, epoch, claim, seq, ts, messages) values ('team', 1, 'e', 1, 50000, 1, 50000);
            insert into chat.members(room, usr, since) values ('team', 'ann', 1), ('team', 'bob', 1), ('team', 'cyd', 1);
            insert into chat.events(room, seq, usr, client_id, hash, ts, kind, text, messages)
                select 'team', n, 'bob', n, 7, 1, 0, repeat('x', 100), n from generate_series(1, 50000) n;
            insert into chat.mentions(room, usr, seq) select 'team', 'cyd', n from generate_series(10, 50000, 10) n;
            analyze chat.rooms; analyze chat.members; analyze chat.marks; analyze chat.events; analyze chat.mentions;
            """);

        foreach (var plan in await PlansAsync("'ann'"))
        {
            // No message mentions ann, so the statement reads no event.
            Assert.Matches(@"(?s)on mentions n [^\n]*rows=0(\.00)? loops=1.* on events u[^\n]*\(never executed\)", plan);
        }

        foreach (var plan in await PlansAsync("'cyd'"))
        {
            foreach (Match scan in EventScan().Matches(plan))
            {
                var rows = double.Parse(scan.Groups[1].Value, CultureInfo.InvariantCulture) * double.Parse(scan.Groups[2].Value, CultureInfo.InvariantCulture);
                Assert.True(rows <= UnreadCounts.Window, $"{rows} rows of events are read: {plan}");
            }
        }

        async Task<string[]> PlansAsync(string user) =>
            [await PlanAsync(UnreadSql.Facts, user, "'team'"), await PlanAsync(ConversationSql.List, user, "9223372036854775807", "''", "100")];
    }

    /// <summary>
    /// Matches a node of a query plan that reads events. The groups are the node's numbers of rows and loops.
    /// </summary>
    [GeneratedRegex(@" on events [^\n]*actual time=\S+ rows=(\S+) loops=(\d+)")]
    private static partial Regex EventScan();

    private async Task<string> PlanAsync(string sql, params string[] values)
    {
        for (var i = values.Length; i > 0; i--)
        {
            sql = sql.Replace($"${i}", values[i - 1], StringComparison.Ordinal);
        }

        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand($"explain (analyze) {sql}", connection);
        await using var row = await command.ExecuteReaderAsync(Ct);
        List<string> lines = [];
        while (await row.ReadAsync(Ct))
        {
            lines.Add(row.GetString(0));
        }

        return string.Join('\n', lines);
    }
}
