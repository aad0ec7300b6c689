using System.Diagnostics;
using Npgsql;
using OrleansChat.Grains.Log;
using OrleansChat.Testing;
using static OrleansChat.Grains.Tests.Log.Entries;

namespace OrleansChat.Grains.Tests.Log;

/// <summary>The contract over PostgreSQL, and what only a server that others use too can show.</summary>
public sealed class PostgresLogTests : DurableLogContract
{
    private string _database = "";

    private protected override async Task<Dictionary<string, string?>> NewStoreAsync()
    {
        _database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return new() { ["Log:Store"] = "postgres", ["Log:ConnectionString"] = _database, ["Log:AppendTimeout"] = "00:00:05" };
    }

    private protected override string Table(string name) => $"chat.{name}";

    private protected override async Task ExecuteAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    [Fact]
    public async Task Open_BySeveralSilosAtOnce_MakesOneSchema()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

        var logs = await Task.WhenAll(6.To().Select(_ => OpenAsync(("Log:ConnectionString", database))));

        Assert.All(await Task.WhenAll(logs.Select(log => log.OwnAsync("lobby"))), claim => Assert.InRange(claim, 1, 6));
    }

    [Fact]
    public async Task Open_OfAServerThatIsNotThere_SaysWhere()
    {
        var refused = await Assert.ThrowsAsync<LogUnavailableException>(
            () => OpenAsync(("Log:ConnectionString", "Host=127.0.0.1;Port=1;Database=chatter;Username=u;Password=secret")));

        Assert.Contains("'chatter' at 127.0.0.1:1", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Append_WhenItsConnectionIsCutBeforeTheCommit_IsUnknownAndThenExactlyOnce()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "0"));
        await using var blocker = await ConnectAsync();
        await using var hold = await HoldRoomAsync(blocker, "lobby");

        var append = Log.AppendAsync("lobby", claim, Msg("ann", "1"), Msg("ann", "2"));
        await UntilAsync("the append waits for the row", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock'");
        await ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()");
        await Assert.ThrowsAsync<LogUnavailableException>(() => append);
        await hold.RollbackAsync(Ct);

        await RepeatedAfterAClaimAsync(Log, [Msg("ann", "1"), Msg("ann", "2"), Msg("ann", "3")], [false, false, false]);
    }

    [Fact]
    public async Task Append_WhenItsAnswerIsLostAfterTheCommit_IsUnknownAndThenExactlyOnce()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "0"));
        var log = await OpenAsync(("Log:AppendTimeout", "00:00:00.300"));
        await using var blocker = await ConnectAsync();
        await using (var hold = await HoldRoomAsync(blocker, "lobby"))
        {
            // Its owner gives up while the statement waits in the server, which knows nothing of that and commits when the row is free.
            await Assert.ThrowsAsync<LogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "1"), Msg("ann", "2")));
            await hold.RollbackAsync(Ct);
        }

        var events = (await Log.ClaimAsync("lobby", Ct))!.Seq;
        Assert.True(events is 1 or 3, $"an append is whole or not at all, and {events} events are there");
        await RepeatedAfterAClaimAsync(Log, [Msg("ann", "1"), Msg("ann", "2"), Msg("ann", "3")], [events == 3, events == 3, false]);
    }

    [Fact]
    public async Task Append_WhileTheServerIsFrozen_IsUnavailableWithinASecondAndThenExactlyOnce()
    {
        await using var server = await PostgresServer.StartAsync();
        var log = await OpenAsync(
            ("Log:ConnectionString", await server.CreateDatabaseAsync()), ("Log:AppendTimeout", "00:00:01"), ("Log:CallTimeout", "00:00:01"));
        var claim = await log.OwnAsync("lobby");
        await log.AppendAsync("lobby", claim, Msg("ann", "0"));

        await server.PauseAsync();
        try
        {
            for (var i = 1; i <= 2; i++)
            {
                var took = Stopwatch.StartNew();
                await Assert.ThrowsAsync<LogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "1"), Msg("ann", "2")));
                Assert.InRange(took.Elapsed.TotalSeconds, 0.1, 3);
            }

            await Assert.ThrowsAsync<LogUnavailableException>(() => log.AllAsync("lobby"));
        }
        finally
        {
            await server.ResumeAsync();
        }

        var known = (await log.ClaimAsync("lobby", Ct))!.Seq == 3;
        await RepeatedAfterAClaimAsync(log, [Msg("ann", "1"), Msg("ann", "2"), Msg("ann", "3")], [known, known, false]);
    }

    [Fact]
    public async Task Append_AfterTheServerWasKilledAndStarted_FindsEverythingAnswered()
    {
        await using var server = await PostgresServer.StartAsync();
        var log = await OpenAsync(("Log:ConnectionString", await server.CreateDatabaseAsync()));
        var claim = await log.OwnAsync("lobby");
        var answered = 0L;
        var appending = Task.Run(async () =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                answered = (await log.AppendAsync("lobby", claim, Msg("ann", $"{i}"))).Entries[0].Seq;
            }
        }, Ct);
        while (Volatile.Read(ref answered) < 50)
        {
            Assert.False(appending.IsCompleted, "the appends should go on until the server is killed");
            await Task.Delay(5, Ct);
        }

        await server.KillAsync();
        await Assert.ThrowsAsync<LogUnavailableException>(() => appending);
        await server.RestartAsync();

        var head = (await log.ClaimAsync("lobby", Ct))!.Seq;
        Assert.InRange(head, answered, answered + 1);
        Assert.Equal(((int)head).To(), (await log.AllAsync("lobby")).Select(e => e.Seq));
        await RepeatedAfterAClaimAsync(log, [Msg("ann", $"{head - 1}"), Msg("ann", $"{head}")], [true, false]);
    }

    [Fact]
    public async Task Claim_WhileAnAppendRuns_WaitsForItAndSeesItsEvents()
    {
        var claim = await Log.OwnAsync("lobby");
        await using var blocker = await ConnectAsync();
        await using var hold = await HoldRoomAsync(blocker, "lobby");
        var append = Log.AppendAsync("lobby", claim, Msg("ann", "1"));
        await UntilAsync("the append waits for the row", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock'");

        var next = (await SecondAsync()).ClaimAsync("lobby", Ct);
        await UntilAsync("the claim waits for the append", "select count(*) = 2 from pg_stat_activity where wait_event_type = 'Lock'");
        await hold.RollbackAsync(Ct);

        Assert.Equal([1], (await append).Seqs());
        Assert.Equal(1, (await next)!.Seq);
    }

    [Fact]
    public async Task Append_ThatWaitedForAClaim_CommitsNothing()
    {
        var claim = await Log.OwnAsync("lobby");
        var other = await Log.OwnAsync("other");
        await using var connection = await ConnectAsync();
        await using var claiming = await connection.BeginTransactionAsync(Ct);
        await using var raise = new NpgsqlCommand("update chat.rooms set claim = claim + 1 where room = 'lobby'", connection);
        await raise.ExecuteNonQueryAsync(Ct);

        var append = Log.AppendAsync("lobby", claim, Msg("ann", "1"));
        await UntilAsync("the append waits for the claim", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock'");
        var behind = Log.AppendAsync("other", other, Msg("ann", "1"));
        await claiming.CommitAsync(Ct);

        Assert.True((await append).Fenced);
        Assert.Equal([1], (await behind).Seqs());
        Assert.Empty(await Log.AllAsync("lobby"));
    }

    [Fact]
    public async Task Read_WhileAWriteRuns_DoesNotWaitForIt()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1"));
        await using var blocker = await ConnectAsync();
        await using var hold = await HoldRoomAsync(blocker, "lobby");

        var append = Log.AppendAsync("lobby", claim, Msg("ann", "2"));
        await UntilAsync("the append waits for the row", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock'");
        Assert.Equal([1], (await Log.AllAsync("lobby")).Select(e => e.Seq));
        Assert.Equal(1, (await Log.FactsAsync("lobby", "ann", Ct))!.Seq);
        Assert.False(append.IsCompleted, "the append should wait for the row");

        await hold.RollbackAsync(Ct);
        Assert.Equal([2], (await append).Seqs());
    }

    [Fact]
    public async Task Append_ThatOneRoomsRowsMakeFail_DoesNotFailTheOthers()
    {
        await Log.OwnAsync("lobby");
        await ExecuteAsync("alter table chat.events add constraint no_poison check (text <> 'poison')");
        var claims = await Task.WhenAll(30.To().Select(i => Log.OwnAsync($"room-{i}")));

        var appends = claims.Select((claim, i) => Log.AppendAsync($"room-{i + 1}", claim, Msg("ann", "1", i == 11 ? "poison" : "text"))).ToArray();

        var refused = await Assert.ThrowsAsync<LogEntryException>(() => appends[11]);
        Assert.Contains("no_poison", refused.Message, StringComparison.Ordinal);
        Assert.All(await Task.WhenAll(appends.Where((_, i) => i != 11)), result => Assert.Equal([1], result.Seqs()));
    }

    [Fact]
    public async Task Append_OnATableThatNobodyHasAnalysed_LooksIdsUpByIndex()
    {
        var claim = await Log.OwnAsync("lobby");
        for (var i = 0; i < 20; i++)
        {
            await Log.AppendAsync("lobby", claim, [.. 500.To(500 * i).Select(n => Msg("ann", $"{n}"))]);
        }

        await CloseAsync();

        // The prepared plan was made when the table was empty, and must not be one that reads the table whole. A connection tells its
        // statistics when it ends.
        await UntilAsync(
            "the statistics show index scans alone",
            "select max(idx_scan) >= 10000 and max(seq_tup_read) = 0 from pg_stat_user_tables where schemaname = 'chat' and relname = 'events'");
    }

    private static async Task RepeatedAfterAClaimAsync(IMessageLog log, LogEntry[] entries, bool[] duplicates)
    {
        var claim = (await log.ClaimAsync("lobby", Ct))!.Number;
        var result = await log.AppendAsync("lobby", claim, entries);
        Assert.Equal(duplicates, result.Entries.Select(e => e.Duplicate));

        var events = await log.AllAsync("lobby");
        Assert.Equal(events.Count.To(), events.Select(e => e.Seq));
        Assert.Equal(events.Count, events.Select(e => e.ClientId).Distinct().Count());
        Assert.Equal(result.Seqs(), entries.Select(entry => events.Single(e => e.ClientId == entry.ClientId).Seq));
    }

    /// <summary>Holds a room's row as an append of another silo would.</summary>
    private static async Task<NpgsqlTransaction> HoldRoomAsync(NpgsqlConnection connection, string room)
    {
        var transaction = await connection.BeginTransactionAsync(Ct);
        await using var command = new NpgsqlCommand("select 1 from chat.rooms where room = $1 for update", connection) { Parameters = { new() { Value = room } } };
        await command.ExecuteNonQueryAsync(Ct);
        return transaction;
    }

    private async Task UntilAsync(string awaited, string condition)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(condition.Replace("wait_event_type", "datname = current_database() and wait_event_type", StringComparison.Ordinal), connection);
        for (var waited = Stopwatch.StartNew(); await command.ExecuteScalarAsync(Ct) is not true; await Task.Delay(10, Ct))
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(10), $"Awaited for 10 s that {awaited}.");
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync(Ct);
        return connection;
    }
}
