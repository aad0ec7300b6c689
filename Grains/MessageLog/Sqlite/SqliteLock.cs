namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// A lock file next to the database, so that only one silo at a time uses the database. Two silos would fence each
/// other's rooms again and again, and refuse sends. The operating system releases the lock when the process ends, even
/// after a crash. The lock file itself stays.
/// </summary>
internal sealed class SqliteLock : IDisposable
{
    private readonly FileStream _file;

    private SqliteLock(FileStream file) => _file = file;

    /// <summary>
    /// Takes the lock. Returns null if another process has it. Throws <see cref="MessageLogUnusableException"/> if the
    /// lock file cannot be written.
    /// </summary>
    public static SqliteLock? TryTake(MessageLogOptions options)
    {
        var path = Path.GetFullPath(options.Path) + ".lock";
        try
        {
            SqlitePermissions.CreateDirectory(path);
            return new(SqlitePermissions.Open(path, FileShare.None));
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw SqliteFaults.CannotWrite(options.Path, exception);
        }
    }

    public void Dispose() => _file.Dispose();
}
