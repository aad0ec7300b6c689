using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;
using static OrleansChat.Grains.Tests.Log.Entries;

namespace OrleansChat.Grains.Tests.Log;

/// <summary>The contract over a SQLite file, and what only a file can show.</summary>
public sealed class SqliteLogTests : DurableLogContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orleanschat-log-").FullName;

    private string File => Path.Combine(_directory, "made", "on the way", "chat.db");

    private protected override Task<Dictionary<string, string?>> NewStoreAsync() =>
        // Patient, because some tests have a second writer on the file, which SQLite serves by trying again.
        Task.FromResult(new Dictionary<string, string?> { ["Log:Store"] = "sqlite", ["Log:Path"] = File, ["Log:AppendTimeout"] = "00:00:20" });

    private protected override async Task ExecuteAsync(string sql)
    {
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Ct);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Read_WhileAWriteRuns_DoesNotWaitForIt()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1"));
        await using var writer = Connect();
        await using var transaction = writer.BeginTransaction(deferred: false);

        var append = Log.AppendAsync("lobby", claim, Msg("ann", "2"));
        Assert.Equal([1], (await Log.AllAsync("lobby")).Select(e => e.Seq));
        Assert.Equal(1, (await Log.FactsAsync("lobby", "ann", Ct))!.Seq);
        Assert.False(append.IsCompleted, "the append should wait for the transaction that holds the file");

        await transaction.RollbackAsync(Ct);
        Assert.Equal([2], (await append).Seqs());
    }

    [Fact]
    public async Task Append_WhenTheFileIsHeldBeyondTheTimeout_IsUnavailableAndThenExactlyOnce()
    {
        await CloseAsync();
        var log = await OpenAsync(("Log:AppendTimeout", "00:00:00.200"), ("Log:CallTimeout", "00:00:20"));
        var claim = await log.OwnAsync("lobby");
        await using (var writer = Connect())
        await using (var transaction = writer.BeginTransaction(deferred: false))
        {
            await Assert.ThrowsAsync<LogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "1")));
        }

        // What was given up is committed after all, or not: the claim waits behind it, and the same id then gets the one answer.
        var again = (await log.ClaimAsync("lobby", Ct))!.Number;
        var patient = await OpenAsync();
        Assert.Equal([1], (await patient.AppendAsync("lobby", again, Msg("ann", "1"))).Seqs());
        Assert.Single(await patient.AllAsync("lobby"));
    }

    [Fact]
    public async Task Open_OfAFileThatIsNoDatabase_IsRefusedAndLeavesItAlone()
    {
        var path = Path.Combine(_directory, "notes.txt");
        await System.IO.File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("not a database\n", 500)), Ct);

        var refused = await Assert.ThrowsAsync<LogSchemaException>(() => OpenAsync(("Log:Path", path)));

        Assert.Contains("notes.txt", refused.Message, StringComparison.Ordinal);
        Assert.Contains("backup", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("not a database", await System.IO.File.ReadAllTextAsync(path, Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_OfADamagedFile_IsRefused()
    {
        await CloseAsync();
        var bytes = await System.IO.File.ReadAllBytesAsync(File, Ct);
        bytes.AsSpan(100, 3000).Fill(0xEE);
        await System.IO.File.WriteAllBytesAsync(File, bytes, Ct);

        var refused = await Assert.ThrowsAsync<LogSchemaException>(() => OpenAsync());

        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_OfAnotherProgramsDatabase_IsRefused()
    {
        await CloseAsync();
        await ExecuteAsync("drop table schema_version");

        var refused = await Assert.ThrowsAsync<LogSchemaException>(() => OpenAsync());

        Assert.Contains("another program", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_OfAPathThatCannotBeMade_SaysWhich()
    {
        var file = Path.Combine(_directory, "a-file");
        await System.IO.File.WriteAllTextAsync(file, "", Ct);

        var refused = await Assert.ThrowsAsync<LogUnavailableException>(() => OpenAsync(("Log:Path", Path.Combine(file, "chat.db"))));

        Assert.Contains("Log:Path", refused.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("full"), InlineData("normal")]
    public async Task Append_WithEitherSynchronousSetting_IsThereAfterAReopen(string synchronous)
    {
        await CloseAsync();
        var log = await OpenAsync(("Log:Synchronous", synchronous));
        await log.AppendAsync("lobby", await log.OwnAsync("lobby"), Msg("ann", "1"));
        await CloseAsync();

        Assert.Single(await (await OpenAsync()).AllAsync("lobby"));
    }

    [Fact]
    public async Task Open_OfAFileFromBeforeEventsLayInTheirOrder_KeepsEverything()
    {
        await CloseAsync();
        await ExecuteAsync(
            """
            drop table events;
            create table events(
                room text not null, seq integer not null, usr text not null, client_id text, hash integer not null, ts integer not null,
                kind integer not null, text text, ref integer, reply integer, meta text,
                edited integer not null default 0, deleted integer not null default 0, messages integer not null);
            create unique index events_room_seq on events(room, seq);
            create unique index events_client_id on events(room, usr, client_id) where client_id is not null;
            create index events_edits on events(room, ref) where kind = 1;
            insert into rooms(room, kind, epoch, claim, seq, messages) values('lobby', 0, 'e', 1, 2, 2);
            insert into events values('lobby', 2, 'bob', 'b', 7, 11, 0, 'world', null, 1, '{"a":1}', 1, 0, 2);
            insert into events values('lobby', 1, 'ann', 'a', 6, 10, 0, 'hello', null, null, null, 0, 0, 1);
            update schema_version set version = 1;
            """);

        var log = await OpenAsync();

        Assert.Equal(
            [
                new RoomEvent(1, 10, "ann", RoomEventKind.Msg, "hello", null, null, null, "a", false, 1),
                new RoomEvent(2, 11, "bob", RoomEventKind.Msg, "world", null, 1, "{\"a\":1}", "b", true, 2),
            ],
            await log.AllAsync("lobby"));
        Assert.Equal(new AppendedEntry(2, 11, 7, 2, Duplicate: true), await log.FindAsync("lobby", "bob", "b", Ct));
        Assert.Equal([3], (await log.AppendAsync("lobby", await log.OwnAsync("lobby"), Msg("ann", "c"))).Seqs());
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return connection;
    }
}
