using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Log.Sqlite;

/// <summary>The log in a file beside the program: one thread writes, a few connections read, and neither waits for the other.</summary>
internal sealed class SqliteLog(MessageLogOptions options, LogInstruments instruments, TimeProvider time, ILogger logger) : IMessageStore, ICommitter
{
    private SqliteWriter? _writer;
    private SqliteReaders? _readers;
    private GroupCommit? _appends;

    public Task OpenAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            SQLitePCL.Batteries_V2.Init();
            var file = new SqliteFile(options);
            _writer = new SqliteWriter(file.Guard(() => new SqliteWrites(file.OpenForWriting())), options.WaitingAppends);
            _readers = new SqliteReaders(file, options, time);
            _appends = new GroupCommit(this, options, instruments, time, logger);
        },
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // In the order of the journey, so that what was accepted is committed. Closing the last connection folds the write-ahead log into the file.
        if (_appends is not null)
        {
            await _appends.DisposeAsync();
        }

        if (Interlocked.Exchange(ref _readers, null) is { } readers)
        {
            await readers.DisposeAsync();
        }

        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }
    }

    public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.Claim(room), cancellationToken);

    public Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.Create(room, kind), cancellationToken);

    public Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) =>
        (_appends ?? throw NotOpen()).AppendAsync(append, cancellationToken);

    /// <summary>A commit that runs cannot be called back: its caller stops waiting, and the claim it makes next queues behind this commit.</summary>
    Task<AppendResult[]> ICommitter.CommitAsync(IReadOnlyList<RoomAppend> appends, CancellationToken cancellationToken) =>
        (_writer ?? throw NotOpen()).RunAsync(writes => writes.Append(appends), CancellationToken.None, TaskCreationOptions.None);

    public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.First(room, user, clientId), cancellationToken);

    public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Events(room, after, limit), cancellationToken);

    public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Heads(rooms), cancellationToken);

    public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Facts(room, user), cancellationToken);

    public Task<IReadOnlyList<string>> MembersAsync(string room, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Members(room), cancellationToken);

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.Mark(marks), cancellationToken);

    private Task<T> ReadAsync<T>(Func<SqliteReads, T> read, CancellationToken cancellationToken) =>
        (_readers ?? throw NotOpen()).RunAsync(read, cancellationToken);

    private async Task<T> WriteAsync<T>(Func<SqliteWrites, T> write, CancellationToken cancellationToken)
    {
        var writer = _writer ?? throw NotOpen();
        try
        {
            return await writer.RunAsync(write, cancellationToken).WaitAsync(options.CallTimeout, time, cancellationToken);
        }
        catch (TimeoutException late)
        {
            throw new LogUnavailableException("The message log did not answer in time.", late);
        }
    }

    private static LogUnavailableException NotOpen() => new("The message log is not open.");
}
