using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.TestSupport;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>Runs the tests of the contract on PostgreSQL, and tests that apply only to a database server.</summary>
public sealed partial class PostgresMessageLogTests : DurableLogContract
{
    private string _database = "";

    private protected override async Task<Dictionary<string, string?>> NewStoreAsync()
    {
        _database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return new() { ["MessageLog:Store"] = "postgres", ["MessageLog:ConnectionString"] = _database, ["MessageLog:AppendTimeout"] = "00:00:05" };
    }

    private protected override string Table(string name) => $"chat.{name}";

    private protected override async Task<IAsyncDisposable> HoldWritesAsync()
    {
        var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand("begin; lock table chat.schema_version in share mode", connection);
        await command.ExecuteNonQueryAsync(Ct);
        return connection;
    }

    private protected override Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(_database, sql);

    private protected override bool HasExactCursors => false;

    private protected override long OldVersion => 1;

    private protected override long RightsVersion => 8;

    private protected override long VersionBeforeRights => 2;

    private protected override async Task<long> NumberAsync(string sql) =>
        Convert.ToInt64(await PostgresServer.AskAsync(_database, sql), CultureInfo.InvariantCulture);

    [Fact]
    public async Task Open_WhenSeveralSilosOpenAtOnce_CreatesOneSchema()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

        var logs = await Task.WhenAll(6.To().Select(_ => OpenAsync(("MessageLog:ConnectionString", database))));

        Assert.All(await Task.WhenAll(logs.Select(log => log.OwnAsync("lobby"))), claim => Assert.InRange(claim, 1, 6));
    }

    [Fact]
    public async Task Open_WhenTheServerIsUnreachable_NamesItsAddress()
    {
        var refused = await Assert.ThrowsAsync<MessageLogUnavailableException>(
            () => OpenAsync(("MessageLog:ConnectionString", "Host=127.0.0.1;Port=1;Database=chatter;Username=u;Password=secret")));

        Assert.Contains("'chatter' at 127.0.0.1:1", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenTheDatabaseIsNotUtf8_NamesTheEncoding()
    {
        var server = await PostgresServer.SharedAsync();
        await ExecuteAsync("create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0");
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "latin" }.ToString();

        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(() => OpenAsync(("MessageLog:ConnectionString", settings)));

        Assert.Contains("LATIN1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("MessageLog:ConnectionString", refused.Message, StringComparison.Ordinal);
        Assert.Contains("UTF8", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Password=wrong", "Username and Password")]
    [InlineData("Database=nowhere", "does not exist")]
    [InlineData("Username=nobody", "Username and Password")]
    public async Task Open_WhenTheConnectionStringIsWrong_SaysWhatIsWrong(string setting, string expected)
    {
        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(() => OpenAsync(("MessageLog:ConnectionString", $"{_database};{setting}")));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Contains("MessageLog:ConnectionString", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenTheUserMayNotMigrate_NamesTheMigrateOption()
    {
        var empty = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var user = $"guest_{Guid.NewGuid():N}";
        await ExecuteAsync($"create role {user} login password 'guest'");

        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(
            () => OpenAsync(("MessageLog:ConnectionString", $"{empty};Username={user};Password=guest")));

        Assert.Contains("--migrate", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenTheDatabaseIsReadOnly_CanBeRetried()
    {
        await SetReadOnlyAsync(true);
        var refused = await Assert.ThrowsAsync<MessageLogUnavailableException>(() => OpenAsync());
        Assert.Contains("read-only", refused.Message, StringComparison.Ordinal);

        await SetReadOnlyAsync(false);
        Assert.Equal(1, await (await OpenAsync()).OwnAsync("lobby"));
    }

    [Fact]
    public async Task Probe_WhenTheDatabaseBecomesReadOnly_FailsUntilItIsWritable()
    {
        var opened = await OpenStoreAsync(TimeProvider.System, []);
        await SetReadOnlyAsync(true);
        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => opened.Store.ProbeAsync(Ct));

        await SetReadOnlyAsync(false);
        await opened.Store.ProbeAsync(Ct);
    }

    [Fact]
    public async Task Claim_WhenTheDatabaseWasReadOnly_UsesANewConnection()
    {
        await Log.OwnAsync("lobby");
        await SetReadOnlyAsync(true);
        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => Log.ClaimAsync("lobby", Ct));

        await SetReadOnlyAsync(false);
        Assert.Equal(2, (await Log.ClaimAsync("lobby", Ct))!.Number);
    }

    [Fact]
    public async Task Probe_WhenAllReadConnectionsAreInUse_UsesItsOwn()
    {
        var opened = await OpenStoreAsync(TimeProvider.System, [("MessageLog:ReadConnections", "1"), ("MessageLog:CallTimeout", "00:00:10")]);
        await opened.Log.OwnAsync("lobby");
        await using var blocker = await ConnectAsync();
        await using var hold = await HoldRoomAsync(blocker, "lobby");
        var claim = opened.Log.ClaimAsync("lobby", Ct);
        await UntilAsync("the claim waits for the row", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock'");

        await opened.Store.ProbeAsync(Ct);

        Assert.False(claim.IsCompleted, "The claim should hold the only read connection.");
        await hold.RollbackAsync(Ct);
        await claim;
    }

    [Fact]
    public async Task Open_WhenAnotherSiloMigrates_WaitsBeyondTheCommandTimeout()
    {
        var empty = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var connection = new NpgsqlConnection(empty);
        await connection.OpenAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        await using var take = new NpgsqlCommand("select pg_advisory_xact_lock(7236004581)", connection);
        await take.ExecuteNonQueryAsync(Ct);

        var opening = OpenAsync(("MessageLog:ConnectionString", $"{empty};Command Timeout=1;Options=-c statement_timeout=1000"));
        await using (var watching = new NpgsqlCommand("select count(*) from pg_locks where locktype = 'advisory' and not granted", connection))
        {
            await Waiting.UntilAsync(() => (long)watching.ExecuteScalar()! > 0, "a migration that waits for the lock");
        }

        await Task.Delay(TimeSpan.FromSeconds(2), Ct); // Longer than both timeouts, which are 1 s.
        Assert.False(opening.IsCompleted, "The start should wait for the lock.");
        await transaction.RollbackAsync(Ct);
        Assert.Equal(1, await (await opening).OwnAsync("lobby"));
    }

    [Fact]
    public async Task Append_WhenConnectingIsSlow_DoesNotCountAsItsTime()
    {
        var server = new NpgsqlConnectionStringBuilder(_database);
        await using var relay = new TcpRelay(server.Host!, server.Port, async (_, stop) =>
        {
            // Like a busy server, the relay accepts the connection at once and begins to serve it later.
            await Task.Delay(TimeSpan.FromSeconds(2), stop);
            return [];
        });
        (server.Host, server.Port) = ("127.0.0.1", relay.Port);

        var log = await OpenAsync(("MessageLog:ConnectionString", server.ToString()), ("MessageLog:AppendTimeout", "00:00:01"), ("MessageLog:CallTimeout", "00:00:20"));
        var claim = await log.OwnAsync("lobby");
        Assert.Equal([1], (await log.AppendAsync("lobby", claim, Msg("ann", "1"))).Seqs());

        // The first append after the cut fails, because its connection is closed. The next append connects. Connecting
        // takes 2 s here, longer than AppendTimeout (1 s), so this append fails too. The connection attempt goes on,
        // and a later append uses its connection.
        relay.Cut();
        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "2")));
        for (var waited = Stopwatch.StartNew(); !await IsStoredAsync();)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(20), "No append was stored within 20 s after the connections were cut.");
        }

        Assert.Equal(2.To(), (await log.AllAsync("lobby")).Select(e => e.Seq));

        async Task<bool> IsStoredAsync()
        {
            try
            {
                await log.AppendAsync("lobby", claim, Msg("ann", "2"));
                return true;
            }
            catch (MessageLogUnavailableException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Schema_WhenFullyMigrated_OpensInVersion010()
    {
        await CloseAsync();
        await DowngradeAsync();

        await OpenAsync();

        Assert.Equal(1L, await NumberAsync("select max(version) from chat.schema_version")); // Version 0.1.0 refuses a higher number.
    }

    [Fact]
    public async Task RaiseVersion_WhenSilosDoNotOwnTheTables_NeedsOnlyToUpdateThem()
    {
        await CloseAsync();
        await DowngradeAsync();
        var owner = await OpenAsync();
        var user = $"silos_{Guid.NewGuid():N}";
        await ExecuteAsync($"create role {user} login password 'silo'");
        await ExecuteAsync($"grant usage on schema public, chat to {user}"); // The same grants as in docs/operations.md.
        await ExecuteAsync($"grant select, insert, update, delete on all tables in schema public, chat to {user}");
        var log = await OpenAsync(("MessageLog:ConnectionString", $"{_database};Username={user};Password=silo"));

        await log.RaiseVersionAsync(LogVersion.Rights, Ct);

        Assert.Equal(LogVersion.Rights, await log.VersionAsync(Ct));
        Assert.Equal(LogVersion.Rights, await owner.VersionAsync(Ct));
    }

    [Fact]
    public async Task RaiseVersion_WhenASiloMigrates_FailsUntilItIsDone()
    {
        await CloseAsync();
        await DowngradeAsync();
        var log = await OpenAsync(("MessageLog:CallTimeout", "00:00:20"));
        await using var connection = await ConnectAsync();
        await using var migrating = await connection.BeginTransactionAsync(Ct);
        await using var take = new NpgsqlCommand("select pg_advisory_xact_lock(7236004581)", connection);
        await take.ExecuteNonQueryAsync(Ct);

        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.RaiseVersionAsync(LogVersion.Rights, Ct));
        Assert.Equal(LogVersion.First, await log.VersionAsync(Ct));

        await migrating.RollbackAsync(Ct);
        await Task.WhenAll(4.To().Select(_ => log.RaiseVersionAsync(LogVersion.Rights, Ct)));
        Assert.Equal(LogVersion.Rights, await log.VersionAsync(Ct));
    }

    [Fact]
    public async Task Append_WhenMembersAreMany_FindsThemByIndex()
    {
        await Log.OwnAsync("crowd", RoomKind.Group);
        await ExecuteAsync("insert into chat.members(room, usr, since) select 'crowd', 'user-' || n, n from generate_series(1, 5000) n");
        var claim = (await Log.ClaimAsync("crowd", Ct))!.Number;
        for (var i = 0; i < 20; i++)
        {
            await Log.AppendAsync("crowd", claim, Msg("user-1", $"{i}"), Join($"new-{i}"), Leave($"user-{i + 2}"));
            await Log.AppendAsync("crowd", claim, Change(RoomEventKind.Ban, $"new-{i}"));
        }

        await CloseAsync();

        await UntilAsync(
            "the statistics show the index scans of the appends",
            "select coalesce(sum(idx_scan), 0) >= 60 from pg_stat_user_tables where schemaname = 'chat' and relname = 'members'");
        Assert.Equal(0, await NumberAsync("select seq_tup_read from pg_stat_user_tables where schemaname = 'chat' and relname = 'members'"));
    }

    [Fact]
    public async Task Delete_WhenCommitted_ErasesTheTextsAndHashes()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1", "my pin is 4711", hash: 4711), Edit("ann", "2", 1, "my pin is 4712"));

        await Log.AppendAsync("lobby", claim, Delete("ann", "3", 1));

        Assert.Equal(0L, await PostgresServer.AskAsync(
            _database, "select count(*) from chat.events where events::text like '%pin%' or (hash <> 0 and seq <= 2)"));
    }

    [Fact]
    public async Task Append_WhenItsConnectionIsCut_IsStoredOnceAfterARetry()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "0"));
        await using var blocker = await ConnectAsync();
        await using var hold = await HoldRoomAsync(blocker, "lobby");

        var append = Log.AppendAsync("lobby", claim, Msg("ann", "1"), Msg("ann", "2"));
        await UntilAsync("the append waits for the row", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock'");
        await ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()");
        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => append);
        await hold.RollbackAsync(Ct);

        await RepeatedAfterAClaimAsync(Log, [Msg("ann", "1"), Msg("ann", "2"), Msg("ann", "3")], [false, false, false]);
    }

    [Fact]
    public async Task Append_WhenItsAnswerIsLost_IsStoredOnceAfterARetry()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "0"));
        var log = await OpenAsync(("MessageLog:AppendTimeout", "00:00:00.300"));
        await using var blocker = await ConnectAsync();
        await using (var hold = await HoldRoomAsync(blocker, "lobby"))
        {
            // The append times out while its statement waits for the row's lock. The silo does not cancel the
            // statement, so the server can still commit it when the row is free.
            await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "1"), Msg("ann", "2")));
            await hold.RollbackAsync(Ct);
        }

        var events = (await Log.ClaimAsync("lobby", Ct))!.Seq;
        Assert.True(events is 1 or 3, $"The log has {events} events. It should have 1 or 3, because an append is atomic.");
        await RepeatedAfterAClaimAsync(Log, [Msg("ann", "1"), Msg("ann", "2"), Msg("ann", "3")], [events == 3, events == 3, false]);
    }

    [Fact]
    public async Task Append_WhenTheServerFreezes_TimesOutAndIsStoredOnceAfterARetry()
    {
        await using var server = await PostgresServer.StartAsync();
        var log = await OpenAsync(
            ("MessageLog:ConnectionString", await server.CreateDatabaseAsync()), ("MessageLog:AppendTimeout", "00:00:01"), ("MessageLog:CallTimeout", "00:00:01"));
        var claim = await log.OwnAsync("lobby");
        await log.AppendAsync("lobby", claim, Msg("ann", "0"));

        await server.PauseAsync();
        try
        {
            for (var i = 1; i <= 2; i++)
            {
                var took = Stopwatch.StartNew();
                await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "1"), Msg("ann", "2")));
                Assert.InRange(took.Elapsed.TotalSeconds, 0.1, 3);
            }

            await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.AllAsync("lobby"));
        }
        finally
        {
            await server.ResumeAsync();
        }

        var known = (await log.ClaimAsync("lobby", Ct))!.Seq == 3;
        await RepeatedAfterAClaimAsync(log, [Msg("ann", "1"), Msg("ann", "2"), Msg("ann", "3")], [known, known, false]);
    }

    [Fact]
    public async Task Open_WhenAnIndexIsMissing_CreatesItBesideAppends()
    {
        var claim = await Log.OwnAsync("lobby");
        await ExecuteAsync("drop index chat.members_usr");
        await using var appending = await ConnectAsync();
        // This append is in flight while the log opens.
        await using var transaction = await appending.BeginTransactionAsync(Ct);
        await using var append = new NpgsqlCommand("insert into chat.members values('team', 'ann', 1)", appending);
        await append.ExecuteNonQueryAsync(Ct);

        var opening = OpenAsync();
        await UntilAsync("the creation of the index waits for the append", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'create index%'");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1"));
        await transaction.CommitAsync(Ct);
        await opening;

        Assert.Equal(true, await PostgresServer.AskAsync(_database, "select indisvalid from pg_index where indexrelid = to_regclass('chat.members_usr')"));
    }

    [Theory]
    [InlineData("events_replies")]
    [InlineData("events_changes")]
    public async Task Open_WhenAnotherSiloCreatesAnIndexOfARoom_WaitsForIt(string index)
    {
        var claim = await Log.OwnAsync("lobby");
        await ExecuteAsync($"drop index chat.{index}");
        await using var appending = await ConnectAsync();
        // While this append is in flight, the first silo cannot end the creation of the index.
        await using var transaction = await appending.BeginTransactionAsync(Ct);
        await using var append = new NpgsqlCommand("update chat.events set hash = hash; insert into chat.events(room, seq, usr, hash, ts, kind, messages) values('team', 1, 'ann', 1, 1, 0, 1)", appending);
        await append.ExecuteNonQueryAsync(Ct);
        var first = OpenAsync();
        await UntilAsync("the first silo creates the index", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'create index%'");

        var second = OpenAsync();
        await UntilAsync("the second silo cannot create the index", "select count(*) > 0 from pg_stat_activity where query like 'select pg_try_advisory_lock%'");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1"));
        await Task.Delay(500, Ct);
        Assert.False(second.IsCompleted);
        await transaction.CommitAsync(Ct);
        await first;
        await second;

        Assert.Equal(true, await PostgresServer.AskAsync(_database, $"select indisvalid from pg_index where indexrelid = to_regclass('chat.{index}')"));
    }

    [Fact]
    public async Task Append_WhenItSucceedsAfterItsTimeout_LeavesNoConnection()
    {
        const string Connections = "select count(*) from pg_stat_activity where datname = current_database()";
        await using var connection = await ConnectAsync();
        var log = await OpenAsync(("MessageLog:AppendTimeout", "00:00:00.300"));
        await log.OwnAsync("lobby");
        var claim = (await log.ClaimAsync("lobby", Ct))!.Number; // This call opens the first connection of the pool.
        await log.AppendAsync("lobby", claim, Msg("ann", "0"));
        var before = await PostgresServer.AskAsync(_database, Connections);

        await using (await HoldRoomAsync(connection, "lobby"))
        {
            await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "1")));
        }

        await log.AppendAsync("lobby", (await log.ClaimAsync("lobby", Ct))!.Number, Msg("ann", "2"));
        await UntilAsync("the connection of the append that timed out is closed", $"select ({Connections}) <= {before}");
    }

    [Fact]
    public async Task Append_WhenTheServerIsKilled_KeepsEveryAnsweredEvent()
    {
        await using var server = await PostgresServer.StartAsync();
        var log = await OpenAsync(("MessageLog:ConnectionString", await server.CreateDatabaseAsync()));
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
            Assert.False(appending.IsCompleted, "The appends should continue until the server is killed.");
            await Task.Delay(5, Ct);
        }

        await server.KillAsync();
        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => appending);
        await server.RestartAsync();

        var head = (await log.ClaimAsync("lobby", Ct))!.Seq;
        Assert.InRange(head, answered, answered + 1);
        Assert.Equal(((int)head).To(), (await log.AllAsync("lobby")).Select(e => e.Seq));
        await RepeatedAfterAClaimAsync(log, [Msg("ann", $"{head - 1}"), Msg("ann", $"{head}")], [true, false]);
    }

    [Fact]
    public async Task Claim_WhenAnAppendRuns_WaitsAndSeesItsEvents()
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
    public async Task Append_WhenItWaitedForAClaim_CommitsNothing()
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
    public async Task Read_WhenAWriteRuns_DoesNotWait()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1"));
        await using var blocker = await ConnectAsync();
        await using var hold = await HoldRoomAsync(blocker, "lobby");

        var append = Log.AppendAsync("lobby", claim, Msg("ann", "2"));
        await UntilAsync("the append waits for the row", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock'");

        Assert.Equal([1], (await Log.AllAsync("lobby")).Select(e => e.Seq));
        Assert.Equal(1, (await Log.FactsAsync("lobby", "ann", Ct))!.Seq);
        Assert.False(append.IsCompleted, "The append should wait for the row.");

        await hold.RollbackAsync(Ct);
        Assert.Equal([2], (await append).Seqs());
    }

    [Fact]
    public async Task Append_WhenOneRoomsRowsFail_SucceedsForTheOtherRooms()
    {
        await Log.OwnAsync("lobby");
        await ExecuteAsync("alter table chat.events add constraint no_poison check (text <> 'poison')");
        var claims = await Task.WhenAll(30.To().Select(i => Log.OwnAsync($"room-{i}")));

        var appends = claims.Select((claim, i) => Log.AppendAsync($"room-{i + 1}", claim, Msg("ann", "1", i == 11 ? "poison" : "text"))).ToArray();

        var refused = await Assert.ThrowsAsync<MessageLogEntryException>(() => appends[11]);
        Assert.Contains("no_poison", refused.Message, StringComparison.Ordinal);
        Assert.All(await Task.WhenAll(appends.Where((_, i) => i != 11)), result => Assert.Equal([1], result.Seqs()));
    }

    [Fact]
    public async Task Append_WhenTheTableWasNeverAnalyzed_FindsIdsByIndex()
    {
        var claim = await Log.OwnAsync("lobby");
        for (var i = 0; i < 20; i++)
        {
            await Log.AppendAsync("lobby", claim, [.. 500.To(500 * i).Select(n => Msg("ann", $"{n}"))]);
        }

        await CloseAsync();

        // PostgreSQL planned the statement when the table was empty. Even this plan must not scan the whole table. A
        // connection reports its statistics when it ends, so the test has closed the log.
        await UntilAsync(
            "the statistics show only index scans",
            "select max(idx_scan) >= 10000 and max(seq_tup_read) = 0 from pg_stat_user_tables where schemaname = 'chat' and relname = 'events'");
    }

    [Fact]
    public async Task Create_WhenReadersWait_DoesNotWait()
    {
        var log = await OpenAsync(("MessageLog:ReadConnections", "1"), ("MessageLog:CallTimeout", "00:00:30"));
        await using var blocker = await ConnectAsync();
        await using var hold = await blocker.BeginTransactionAsync(Ct);
        await using (var command = new NpgsqlCommand("lock table chat.marks in access exclusive mode", blocker))
        {
            await command.ExecuteNonQueryAsync(Ct);
        }

        var marking = log.MarkAsync([new("lobby", "ann", 1)], Ct);
        await UntilAsync("the only reader waits", "select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock'");

        Assert.Equal(1, (await log.CreateAsync("lobby", RoomKind.Channel, Ct)).Number);

        Assert.False(marking.IsCompleted);
        await hold.RollbackAsync(Ct);
        await marking;
    }

    /// <summary>
    /// Of two transactions, the one that began first may commit last. If a client reads its conversations between the
    /// two commits, its next read must return the change of the transaction that committed last.
    /// </summary>
    [Fact]
    public async Task Changes_WhenAnEarlierTransactionCommitsLater_HaveItsChange()
    {
        foreach (var room in (string[])["early", "late"])
        {
            await Log.AppendAsync(room, await Log.OwnAsync(room, RoomKind.Group), Join("ann"));
        }

        await using var holding = await ConnectAsync();
        await using var begin = new NpgsqlCommand(
            "begin; update chat.rooms set ts = 5000, changed = pg_current_xact_id()::text::bigint where room = 'early'", holding);
        await begin.ExecuteNonQueryAsync(Ct);
        var claim = (await Log.ClaimAsync("late", Ct))!.Number;
        await Log.AppendAsync("late", claim, Msg("ann", "1"));
        var list = await Log.ConversationsAsync("ann", null, 10, Ct);
        await Log.AppendAsync("late", claim, Msg("ann", "2"));
        var before = (await Log.ConversationChangesAsync("ann", list.Cursor, 10, Ct))!;
        Assert.Equal(3, before.Rows.Single(row => row.Room == "late").Seq);
        Assert.DoesNotContain(before.Rows.Concat(list.Rows), row => row.Ts == 5000);

        await using var commit = new NpgsqlCommand("commit", holding);
        await commit.ExecuteNonQueryAsync(Ct);

        foreach (var cursor in (string[])[list.Cursor, before.Cursor])
        {
            Assert.Equal(5000, (await Log.ConversationChangesAsync("ann", cursor, 10, Ct))!.Rows.Single(row => row.Room == "early").Ts);
        }
    }

    /// <summary>
    /// A page of a user's conversations is read with one SQL statement. It reads events only for the rooms of the page.
    /// </summary>
    [Fact]
    public async Task Conversations_WhenTheUserHas10000Rooms_ReadEventsOfThePageOnly()
    {
        await ExecuteAsync(
            """
            insert into chat.rooms(room, kind, epoch, claim, seq, ts, messages) select 'room-' || n, 1, 'e', 1, 3, n, 3 from generate_series(1, 10000) n;
            insert into chat.members(room, usr, since) select 'room-' || n, 'ann', 1 from generate_series(1, 10000) n;
            insert into chat.marks(room, usr, seq) select 'room-' || n, 'ann', 1 from generate_series(1, 10000) n;
            insert into chat.events(room, seq, usr, hash, ts, kind, text, messages)
                select 'room-' || n, s, 'bob', 7, n, 0, repeat('x', 300), s from generate_series(1, 10000) n, generate_series(1, 3) s;
            analyze chat.rooms; analyze chat.members; analyze chat.marks; analyze chat.events;
            """);

        var page = await Log.ConversationsAsync("ann", null, 100, Ct);
        var second = await Log.ConversationsAsync("ann", new(page.Rows[^1].Ts, page.Rows[^1].Room), 100, Ct);

        Assert.Equal(100.To(9901).Reverse().Select(n => $"room-{n}"), page.Rows.Select(row => row.Room));
        Assert.Equal("room-9900", second.Rows[0].Room);
        Assert.All(page.Rows, row => Assert.Equal((2, 200), (row.Unread, row.Last!.Text!.Length)));
        Assert.Null(await Log.ConversationChangesAsync("ann", $"{page.Cursor.Split('.')[0]}.0", 100, Ct));
        Assert.Empty((await Log.ConversationChangesAsync("ann", page.Cursor, 100, Ct))!.Rows);
        foreach (var plan in await PlansAsync(
            ConversationSql.List.Replace("$1", "'ann'").Replace("$2", "9223372036854775807").Replace("$3", "''").Replace("$4", "100")))
        {
            var rows = plan.GetProperty("Actual Rows").GetDouble() * plan.GetProperty("Actual Loops").GetDouble();
            // Each of the 100 conversations has two unread messages.
            Assert.True(rows <= 200, $"{rows} rows of events are read: {plan}");
        }

        // Returns the nodes of the query plan that read the table events.
        async Task<List<JsonElement>> PlansAsync(string sql)
        {
            await using var connection = await ConnectAsync();
            await using var command = new NpgsqlCommand($"explain (analyze, format json) {sql}", connection);
            List<JsonElement> found = [];
            Find(JsonDocument.Parse((string)(await command.ExecuteScalarAsync(Ct))!).RootElement[0].GetProperty("Plan"), found);
            return found;
        }

        static void Find(JsonElement plan, List<JsonElement> found)
        {
            if (plan.TryGetProperty("Relation Name", out var relation) && relation.GetString() == "events")
            {
                found.Add(plan);
            }

            foreach (var inner in plan.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray() : default)
            {
                Find(inner, found);
            }
        }
    }

    [Fact]
    public async Task Create_WhenTwoSilosCreateTheSameRooms_StoresEachEntryOnce()
    {
        var other = await SecondAsync();
        var rooms = 41.To().Select(n => RoomKey.Direct("ann", $"bob-{n:00}")).ToArray();

        // Another transaction is creating the middle room, so both silos wait for it. The two callers create the rooms
        // in opposite orders. If each silo kept its caller's order, the silos could deadlock.
        await using var blocker = await ConnectAsync();
        await using var hold = await blocker.BeginTransactionAsync(Ct);
        await using (var command = new NpgsqlCommand("insert into chat.rooms(room, kind, epoch, claim) values($1, 0, 'e', 0)", blocker))
        {
            command.Parameters.Add(new() { Value = rooms[20] });
            await command.ExecuteNonQueryAsync(Ct);
        }

        var created = Task.WhenAll(
            rooms.Select(room => Log.CreateAsync(new(room, RoomKind.Direct, [Msg("ann", "1")]), Ct))
                .Concat(rooms.Reverse().Select(room => other.CreateAsync(new(room, RoomKind.Direct, [Msg("ann", "1")]), Ct))));
        await UntilAsync("both silos wait", "select count(*) = 2 from pg_stat_activity where wait_event_type = 'Lock'");
        await hold.RollbackAsync(Ct);
        await created;

        foreach (var room in rooms)
        {
            Assert.Single(await Log.AllAsync(room));
        }
    }

    private static async Task RepeatedAfterAClaimAsync(IMessageLog log, MessageLogEntry[] entries, bool[] duplicates)
    {
        var claim = (await log.ClaimAsync("lobby", Ct))!.Number;
        var result = await log.AppendAsync("lobby", claim, entries);
        Assert.Equal(duplicates, result.Entries.Select(e => e.Duplicate));

        var events = await log.AllAsync("lobby");
        Assert.Equal(events.Count.To(), events.Select(e => e.Seq));
        Assert.Equal(events.Count, events.Select(e => e.ClientId).Distinct().Count());
        Assert.Equal(result.Seqs(), entries.Select(entry => events.Single(e => e.ClientId == entry.ClientId).Seq));
    }

    /// <summary>Locks a room's row, like an append of another silo.</summary>
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
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(10), $"After 10 s, this is still not true: {awaited}.");
        }
    }

    /// <summary>Sets whether new connections are read-only, like connections to a standby after a failover.</summary>
    private Task SetReadOnlyAsync(bool readOnly) => PostgresServer.ExecuteAsync(
        _database + ";Options=-c default_transaction_read_only=off",
        $"alter database {new NpgsqlConnectionStringBuilder(_database).Database} set default_transaction_read_only = {(readOnly ? "on" : "off")}");

    private Task<NpgsqlConnection> ConnectAsync() => PostgresServer.ConnectAsync(_database);
}
