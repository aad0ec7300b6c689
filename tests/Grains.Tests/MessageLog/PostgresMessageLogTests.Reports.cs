using Npgsql;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.MessageLog.Postgres;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>
/// Reports and deletions at the same time, and the query plans of the statements about blocks and reports.
/// </summary>
public sealed partial class PostgresMessageLogTests
{
    [Fact]
    public async Task Report_WhenADeletionCommitsFirst_IsNotStored()
    {
        await Log.AppendAsync("team", await Log.OwnAsync("team"), Msg("ann", "1"));
        await using var deleting = await ConnectAsync();
        await RunAsync(deleting, "begin; update chat.events set text = null, deleted = true where room = 'team' and seq = 1");

        var reporting = Log.ReportAsync("team", new(1, "bob", 1000, null), Ct);
        await UntilAsync("the report waits", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()");
        await RunAsync(deleting, "commit");

        Assert.Equal(ReportStored.Gone, await reporting);
        Assert.Empty(await Log.ReportsAsync("team", 10, Ct));
    }

    [Fact]
    public async Task Report_WhenADeletionCommitsNext_IsRemoved()
    {
        var claim = await Log.OwnAsync("team");
        await Log.AppendAsync("team", claim, Msg("ann", "1"));
        await using var reporting = await ConnectAsync();
        await RunAsync(
            reporting,
            "begin; select 1 from chat.events where room = 'team' and seq = 1 for share; insert into chat.reports(room, seq, usr, ts) values ('team', 1, 'bob', 1000)");

        var deleting = Log.AppendAsync("team", claim, Delete("ann", "2", 1));
        await UntilAsync("the deletion waits", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()");
        await RunAsync(reporting, "commit");

        Assert.False((await deleting).Fenced);
        Assert.Equal(0, await NumberAsync("select count(*) from chat.reports"));
    }

    [Fact]
    public async Task BlocksAndReports_WhenTheTablesAreLarge_AreReadByTheIndexes()
    {
        await ExecuteAsync(
            """
            insert into chat.rooms(room, kind, epoch, claim, seq, ts, messages) values ('@ann', 2, 'e', 1, 50000, 1, 50000);
            insert into chat.events(room, seq, usr, client_id, hash, ts, kind, text, messages)
                select case when n <= 2000 then '@ann' else 'room-' || n % 500 end, n, case when n <= 2000 then 'ann' else 'user-' || n % 97 end,
                    n, 7, 1, 0, 'x', n from generate_series(1, 50000) n;
            insert into chat.blocks(usr, blocked) select 'user-' || n % 500, 'blocked-' || n from generate_series(1, 50000) n;
            insert into chat.reports(room, seq, usr, ts) select 'room-' || n % 500, n, 'bob', 1 from generate_series(1, 50000) n;
            analyze chat.events; analyze chat.blocks; analyze chat.reports;
            """);

        foreach (var plan in new[]
        {
            await PlanAsync(PostgresBlocks.Direct, "'@ann'", "'ann'", "'bob'"),
            await PlanAsync(PostgresReports.Target, "'@ann'", "1", "'bob'"),
            await PlanAsync(PostgresReports.List, "'room-7'", "101"),
        })
        {
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
