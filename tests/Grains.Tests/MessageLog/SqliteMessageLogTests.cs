using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.MessageLog.Sqlite;
using OrleansChat.TestSupport;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>Runs the tests of the contract on a SQLite file, and tests that apply only to a file.</summary>
public sealed partial class SqliteMessageLogTests : DurableLogContract
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orleanschat-log-").FullName;

    private string File => Path.Combine(_directory, "made", "on the way", "chat.db");

    private protected override Task<Dictionary<string, string?>> NewStoreAsync() =>
        // The timeout is long because some tests also write to the file through a second connection. SQLite then
        // retries until it has the lock.
        Task.FromResult(new Dictionary<string, string?> { ["MessageLog:Store"] = "sqlite", ["MessageLog:Path"] = File, ["MessageLog:AppendTimeout"] = "00:00:20" });

    private protected override async Task<IAsyncDisposable> HoldWritesAsync()
    {
        var connection = Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = "begin immediate";
        await command.ExecuteNonQueryAsync(Ct);
        return connection;
    }

    private protected override async Task ExecuteAsync(string sql)
    {
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Ct);
    }

    private protected override long OldVersion => 2;

    private protected override long RightsVersion => 10;

    private protected override long VersionBeforeRights => 4;

    private protected override async Task<long> NumberAsync(string sql)
    {
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Read_WhenAWriteRuns_DoesNotWait()
    {
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1"));
        await using var writer = Connect();
        await using var transaction = writer.BeginTransaction(deferred: false);

        var append = Log.AppendAsync("lobby", claim, Msg("ann", "2"));

        Assert.Equal([1], (await Log.AllAsync("lobby")).Select(e => e.Seq));
        Assert.Equal(1, (await Log.FactsAsync("lobby", "ann", Ct))!.Seq);
        Assert.False(append.IsCompleted, "The append should wait for the transaction that locks the file.");

        await transaction.RollbackAsync(Ct);
        Assert.Equal([2], (await append).Seqs());
    }

    [Fact]
    public async Task Append_WhenTheFileIsLockedTooLong_IsStoredOnceAfterARetry()
    {
        await CloseAsync();
        var log = await OpenAsync(("MessageLog:AppendTimeout", "00:00:00.200"), ("MessageLog:CallTimeout", "00:00:20"));
        var claim = await log.OwnAsync("lobby");

        await using (var writer = Connect())
        await using (var transaction = writer.BeginTransaction(deferred: false))
        {
            await Assert.ThrowsAsync<MessageLogUnavailableException>(() => log.AppendAsync("lobby", claim, Msg("ann", "1")));
        }

        // The append that timed out may still commit. The claim waits until that append has ended. So a later append
        // with the same client id adds no second event.
        var again = (await log.ClaimAsync("lobby", Ct))!.Number;
        var patient = await OpenAsync();
        Assert.Equal([1], (await patient.AppendAsync("lobby", again, Msg("ann", "1"))).Seqs());
        Assert.Single(await patient.AllAsync("lobby"));
    }

    [Fact]
    public async Task Open_WhenTheFileIsNoDatabase_IsRefusedWithoutAChange()
    {
        var path = Path.Combine(_directory, "notes.txt");
        await System.IO.File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("not a database\n", 500)), Ct);

        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(() => OpenAsync(("MessageLog:Path", path)));

        Assert.Contains("notes.txt", refused.Message, StringComparison.Ordinal);
        Assert.Contains("backup", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("not a database", await System.IO.File.ReadAllTextAsync(path, Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenTheFileIsDamaged_IsRefused()
    {
        await CloseAsync();
        var bytes = await System.IO.File.ReadAllBytesAsync(File, Ct);
        bytes.AsSpan(100, 3000).Fill(0xEE);
        await System.IO.File.WriteAllBytesAsync(File, bytes, Ct);

        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(() => OpenAsync());

        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenTheFileBelongsToAnotherProgram_IsRefused()
    {
        await CloseAsync();
        await ExecuteAsync("drop table schema_version");

        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(() => OpenAsync());

        Assert.Contains("another program", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenThePathCannotBeCreated_NamesTheSetting()
    {
        var file = Path.Combine(_directory, "a-file");
        await System.IO.File.WriteAllTextAsync(file, "", Ct);

        var refused = await Assert.ThrowsAsync<MessageLogUnusableException>(() => OpenAsync(("MessageLog:Path", Path.Combine(file, "chat.db"))));

        Assert.Contains("MessageLog:Path", refused.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("full"), InlineData("normal")]
    public async Task Append_WhenSynchronousIsFullOrNormal_SurvivesAReopen(string synchronous)
    {
        await CloseAsync();
        var log = await OpenAsync(("MessageLog:Synchronous", synchronous));

        await log.AppendAsync("lobby", await log.OwnAsync("lobby"), Msg("ann", "1"));
        await CloseAsync();

        Assert.Single(await (await OpenAsync()).AllAsync("lobby"));
    }

    [Fact]
    public async Task Open_WhenTheSchemaHasVersion1_KeepsEveryEvent()
    {
        await CloseAsync();
        await DowngradeAsync();
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
        Assert.Equal(OldVersion, await NumberAsync("select max(min_version) from schema_compatibility"));
        Assert.Equal([3], (await log.AppendAsync("lobby", await log.OwnAsync("lobby"), Msg("ann", "c"))).Seqs());
    }

    [Fact]
    public async Task SqliteLibrary_WhenLoaded_IsAtLeastVersion3502()
    {
        await using var connection = Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = "select sqlite_version()";

        Assert.True(Version.Parse((string)(await command.ExecuteScalarAsync(Ct))!) >= new Version(3, 50, 2));
    }

    [Fact]
    public async Task Schema_WhenFullyMigrated_OpensInVersion010()
    {
        await CloseAsync();
        await DowngradeAsync();

        await OpenAsync();

        Assert.Equal(2L, await NumberAsync("select max(version) from schema_version")); // Version 0.1.0 refuses a higher number.
    }

    [Fact]
    public async Task Close_WhenTheLogWasWritten_LeavesNoWriteAheadLog()
    {
        await Log.AppendAsync("lobby", await Log.OwnAsync("lobby"), Msg("ann", "1"));
        await Log.AllAsync("lobby");
        Assert.True(System.IO.File.Exists($"{File}-wal"));

        await CloseAsync();

        // The file would stay if a statement were not finalized.
        Assert.False(System.IO.File.Exists($"{File}-wal"));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Files_WhenCreated_AreAccessibleOnlyToTheirOwner()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");

        await Log.AppendAsync("lobby", await Log.OwnAsync("lobby"), Msg("ann", "1"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(Path.GetDirectoryName(File)!));
        Assert.All(
            (string[])[File, $"{File}-wal", $"{File}-shm"],
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file)));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Open_WhenOtherUsersMayReadTheFile_RemovesThatPermission()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await CloseAsync();
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        await OpenAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task Lock_WhenAnotherSiloUsesTheFile_IsRefused()
    {
        var first = await OpenStoreAsync(TimeProvider.System, []);
        var second = await OpenStoreAsync(TimeProvider.System, []);
        first.Store.Lock();

        var refused = Assert.Throws<MessageLogUnusableException>(second.Store.Lock);

        Assert.Contains("in use by another silo", refused.Message, StringComparison.Ordinal);

        await first.Store.DisposeAsync();
        second.Store.Lock();
    }

    [Theory, InlineData(12), InlineData(3000)]
    public async Task DeletedText_WhenTwelveHoursHavePassed_IsErasedFromTheFiles(int length)
    {
        await CloseAsync();
        var time = new ManualTime();
        var opened = await OpenStoreAsync(time, []);
        var (log, claim) = (opened.Log, await opened.Log.OwnAsync("lobby"));
        var (text, edit) = (Secret("first", length), Secret("edit", length));
        await log.AppendAsync("lobby", claim, Msg("ann", "1", text), Msg("ann", "kept", Secret("kept", length)));
        await log.AppendAsync("lobby", claim, Edit("ann", "2", 1, edit));
        await log.AppendAsync("lobby", claim, Delete("ann", "3", 1));

        Assert.True(Count(text) + Count(edit) > 0, "The write-ahead log should contain the texts. If not, the test proves nothing.");

        await time.UntilArmedAsync();
        time.Advance(TimeSpan.FromHours(12));

        await Waiting.UntilAsync(() => Count(text) + Count(edit) == 0, "the removal of the deleted texts from the files");
        Assert.True(Count(Secret("kept", length)) > 0);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Purge_WhenASiloRunsOrNot_ErasesDeletedTexts(bool besideASilo)
    {
        var text = Secret("first", 3000);
        var claim = await Log.OwnAsync("lobby");
        await Log.AppendAsync("lobby", claim, Msg("ann", "1", text), Msg("ann", "2", "kept"));
        await Log.AppendAsync("lobby", claim, Delete("ann", "3", 1));
        if (!besideASilo)
        {
            await CloseAsync();
            // Leave a deleted text in the file, as the versions of OrleansChat that did not use secure_delete did.
            await ExecuteAsync($"pragma secure_delete = off; create table left_over(text text); insert into left_over values('{text}'); drop table left_over");
        }

        Assert.True(Count(text) > 0, "The files should contain the text. If not, the test proves nothing.");
        using var held = besideASilo ? SqliteLock.TryTake(new() { Path = File }) : null;

        await SqlitePurge.RunAsync(new() { Path = File }, TimeProvider.System, Ct);

        Assert.Equal(0, Count(text));
        Assert.Equal([null, "kept", null], (await (await OpenAsync()).AllAsync("lobby")).Select(e => e.Text));
    }

    private static string Secret(string word, int length) => string.Concat(Enumerable.Repeat($"{word} secret 4711;", length))[..length];

    /// <summary>Counts how often the end of a text occurs in the database files.</summary>
    private int Count(string text)
    {
        var sought = System.Text.Encoding.UTF8.GetBytes(text[^Math.Min(text.Length, 12)..]);
        return ((string[])[File, $"{File}-wal"]).Where(System.IO.File.Exists).Sum(path =>
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var read = new MemoryStream();
            stream.CopyTo(read); // Read until the end, because the file may become shorter meanwhile.
            var bytes = read.ToArray();
            var (count, at) = (0, 0);
            for (int next; (next = bytes.AsSpan(at).IndexOf(sought)) >= 0; at += next + 1)
            {
                count++;
            }

            return count;
        });
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return connection;
    }
}
