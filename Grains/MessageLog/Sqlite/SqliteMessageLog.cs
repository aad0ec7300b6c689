using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// The message log in a SQLite file. One thread writes, and a few connections read. Reads and writes do not wait for
/// each other.
/// </summary>
internal sealed partial class SqliteMessageLog(MessageLogOptions options, MessageLogInstruments instruments, TimeProvider time, ILogger logger) : IMessageStore
{
    /// <summary>
    /// How often the write-ahead log is emptied. The write-ahead log may have pages from before a deletion, and a
    /// deleted text must be gone from the disk within one day. A reader can block an attempt. With a period of 12 h,
    /// there is time to retry within the day.
    /// </summary>
    private static readonly TimeSpan TruncatePeriod = TimeSpan.FromHours(12);

    private static readonly TimeSpan TruncateRetry = TimeSpan.FromMinutes(5);

    private readonly StoreWatch _commits = new("commits", time, logger);
    private readonly StoreWatch _claims = new("claims", time, logger);
    private readonly CancellationTokenSource _closing = new();
    private SqliteLock? _lock;
    private SqliteWrites? _writes;
    private SqliteWriter? _writer;
    private SqliteReaders? _readers;
    private GroupCommit? _appends;
    private Task _truncating = Task.CompletedTask;

    public void Lock() => _lock ??= SqliteLock.TryTake(options) ?? throw new MessageLogUnusableException(
        $"'{options.Path}' (MessageLog:Path) is in use by another silo. Stop that silo, or set another path: only one silo can use a SQLite file.");

    public Task OpenAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            SQLitePCL.Batteries_V2.Init();
            var file = new SqliteFile(options);
            var writes = file.Guard(() => new SqliteWrites(file.OpenForWriting()));
            try
            {
                _readers = new SqliteReaders(file, options, time);
            }
            catch
            {
                writes.Dispose();
                throw;
            }

            _writes = writes;
            var writer = _writer = new SqliteWriter(writes, options.WaitingAppends);

            // A running commit cannot be cancelled. If its caller stops waiting, the caller's next claim is queued
            // behind this commit.
            _appends = new GroupCommit(
                (appends, _) => _commits.WatchAsync(writer.RunAsync(it => it.Append(appends), CancellationToken.None, TaskCreationOptions.None)),
                options, instruments, time, logger);
            _truncating = TruncateWalsAsync(writer, _closing.Token);
        },
        cancellationToken);

    public Task ProbeAsync(CancellationToken cancellationToken) =>
        _commits.IsFresh ? Task.CompletedTask : _commits.WatchAsync(WriteAsync(writes => writes.Touch(), cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _truncating;

        // The commit loop ends before the writer, so that accepted appends are committed. Closing the last connection
        // moves the write-ahead log into the file.
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

        _lock?.Dispose();
    }

    /// <summary>
    /// First reads whether the room exists, so that a claim of a room that does not exist does not use the writer
    /// thread.
    /// </summary>
    public async Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) =>
        await ReadAsync(reads => reads.Exists(room), cancellationToken)
            ? await _claims.WatchAsync(WriteAsync(writes => writes.Claim(room), cancellationToken))
            : null;

    public Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken) =>
        (_appends ?? throw NotOpen()).CreateAsync(creation, cancellationToken);

    public Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) =>
        (_appends ?? throw NotOpen()).AppendAsync(append, cancellationToken);

    public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.First(room, user, clientId), cancellationToken);

    public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Events(room, range), cancellationToken);

    public Task<IReadOnlyDictionary<long, int>> RepliesAsync(string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Threads.Replies(room, messages), cancellationToken);

    public Task<SelectedPage> SelectAsync(string room, SelectedRange range, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Selections.Select(room, range), cancellationToken);

    public Task<IReadOnlyList<long>> PinsAsync(string room, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Selections.Pins(room), cancellationToken);

    public Task<IReadOnlyList<string>?> ReadersAsync(string room, long message, int limit, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Threads.Readers(room, message, limit), cancellationToken);

    public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Heads(rooms), cancellationToken);

    public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Facts(room, user), cancellationToken);

    public Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.CountedFacts(room, user), cancellationToken);

    public Task<IReadOnlyList<Member>> MembersAsync(string room, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Members(room), cancellationToken);

    public Task<IReadOnlyList<RoomLink>> LinksAsync(string room, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.Links(room), cancellationToken);

    public Task<bool> HasLinkAsync(string room, string user, IReadOnlyCollection<string> hashes, long now, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.HasLink(room, user, hashes, now), cancellationToken);

    public Task<ConversationRows> ConversationsAsync(string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken)
    {
        // The number is read before the rows, so that the rows have the changes of all transactions up to this number.
        var committed = _writes?.Committed ?? throw NotOpen();
        return ReadAsync(reads => reads.Conversations(user, before, limit, committed), cancellationToken);
    }

    public Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken)
    {
        var committed = _writes?.Committed ?? throw NotOpen();
        return ReadAsync(reads => reads.Changes(user, cursor, limit, committed), cancellationToken);
    }

    public Task<ConversationStored> SetConversationAsync(string user, string room, ConversationChange change, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.Set(user, room, change), cancellationToken);

    public Task<long> CountGroupsAsync(string user, bool withInvitations, int most, CancellationToken cancellationToken) =>
        ReadAsync(reads => reads.CountGroups(user, withInvitations, most), cancellationToken);

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.Mark(marks), cancellationToken);

    public Task<int> VersionAsync(CancellationToken cancellationToken) => ReadAsync(reads => reads.Version(), cancellationToken);

    public Task RaiseVersionAsync(int version, CancellationToken cancellationToken) =>
        WriteAsync(writes => writes.RaiseMinVersion(SqliteSchema.MinVersionOf(version)), cancellationToken);

    private Task<T> ReadAsync<T>(Func<SqliteReads, T> read, CancellationToken cancellationToken) =>
        (_readers ?? throw NotOpen()).RunAsync(read, cancellationToken);

    private async Task<T> WriteAsync<T>(Func<SqliteWrites, T> write, CancellationToken cancellationToken)
    {
        var writer = _writer ?? throw NotOpen();
        try
        {
            return await writer.RunAsync(write, cancellationToken).WaitAsync(options.CallTimeout, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new MessageLogUnavailableException("The message log did not answer in time.", exception);
        }
    }

    private async Task TruncateWalsAsync(SqliteWriter writer, CancellationToken closing)
    {
        await Task.Yield();
        try
        {
            for (var pause = TruncatePeriod; ;)
            {
                await Task.Delay(pause, time, closing);
                try
                {
                    pause = await writer.RunAsync(writes => writes.TruncateWal(), closing) ? TruncatePeriod : TruncateRetry;
                }
                catch (Exception exception) when (exception is MessageLogUnavailableException or MessageLogEntryException && !closing.IsCancellationRequested)
                {
                    pause = TruncateRetry;
                    LogNotTruncated(logger, exception);
                }
            }
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(40, LogLevel.Warning, "Message log: the write-ahead log could not be emptied; trying again in 5 minutes")]
    private static partial void LogNotTruncated(ILogger logger, Exception exception);

    private static MessageLogUnavailableException NotOpen() => new("The message log is not open.");
}
