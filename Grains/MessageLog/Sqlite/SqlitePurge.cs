namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>Removes the remains of deleted messages from the database file and its write-ahead log.</summary>
internal static class SqlitePurge
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.2);

    /// <summary>
    /// If no silo uses the file, rewrites the whole file and empties the write-ahead log. The rewrite needs free disk
    /// space of the file's size. It also removes the remains that versions before 0.2 left in free pages. If a silo
    /// uses the file, only empties the write-ahead log. Returns a sentence that says what was done. Throws
    /// <see cref="MessageLogUnusableException"/> if an operator has to act, and
    /// <see cref="MessageLogUnavailableException"/> if a retry may succeed, for example if readers blocked the emptying
    /// for 60 s.
    /// </summary>
    public static async Task<string> RunAsync(MessageLogOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (options.Store != MessageLogStore.Sqlite)
        {
            throw new MessageLogUnusableException(
                "--purge works only if MessageLog:Store is Sqlite. PostgreSQL removes deleted content itself: see Deleted messages in docs/operations.md.");
        }

        if (!File.Exists(options.Path))
        {
            throw new MessageLogUnusableException(
                $"'{options.Path}' (MessageLog:Path) does not exist. Set the path of the silo's database.");
        }

        SQLitePCL.Batteries_V2.Init();
        using var alone = SqliteLock.TryTake(options);
        var file = new SqliteFile(options);
        using var writes = file.Guard(() => new SqliteWrites(file.OpenForWriting()));
        if (alone is not null)
        {
            file.Guard(() =>
            {
                writes.Rewrite();
                return true;
            });
        }

        for (var began = time.GetTimestamp(); !file.Guard(writes.TruncateWal); await Task.Delay(Pause, time, cancellationToken))
        {
            if (time.GetElapsedTime(began) > Patience)
            {
                throw new MessageLogUnavailableException(
                    $"'{options.Path}' (MessageLog:Path) was in use by readers for {Patience.TotalSeconds:0} s. Run --purge again.");
            }
        }

        return alone is not null
            ? $"Rewrote '{options.Path}' and emptied its write-ahead log"
            : $"Emptied the write-ahead log of '{options.Path}', which a silo has open; stop the silo and run --purge again to rewrite the file";
    }
}
