using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>Classifies the failures of SQLite (result codes: sqlite.org/rescode.html).</summary>
internal static class SqliteFaults
{
    private const int Error = 1;
    private const int Permission = 3;
    private const int ReadOnly = 8;
    private const int Corrupt = 11;
    private const int CannotOpen = 14;
    private const int TooBig = 18;
    private const int Constraint = 19;
    private const int Mismatch = 20;
    private const int NotADatabase = 26;

    /// <summary>
    /// Converts a failure of an open message log. Returns a <see cref="MessageLogEntryException"/> if a row caused it,
    /// otherwise a <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    public static Exception InUse(SqliteException fault) => fault.SqliteErrorCode is TooBig or Constraint or Mismatch
        ? new MessageLogEntryException($"SQLite refused an entry: {fault.Message}", fault)
        : new MessageLogUnavailableException($"SQLite failed: {fault.Message}", fault);

    /// <summary>
    /// Converts a failure while opening. Returns a <see cref="MessageLogUnusableException"/> if an operator has to act.
    /// Otherwise returns a <see cref="MessageLogUnavailableException"/>, for example if another process has locked the
    /// file or the disk is full.
    /// </summary>
    public static Exception AtOpen(SqliteException fault, string path) => fault.SqliteErrorCode switch
    {
        Corrupt or NotADatabase => new MessageLogUnusableException(
            $"'{path}' (MessageLog:Path) is not a SQLite database, or is damaged. Restore it from a backup, or move the file away to start with an empty log.", fault),
        Error => new MessageLogUnusableException(
            $"'{path}' (MessageLog:Path) does not have the tables of a message log: {fault.Message}. Restore it from a backup, or set another path.", fault),
        Permission or ReadOnly or CannotOpen => CannotWrite(path, fault),
        _ => new MessageLogUnavailableException($"'{path}' (MessageLog:Path) cannot be opened: {fault.Message}", fault),
    };

    /// <summary>The exception for a file or directory that this user may not write.</summary>
    public static MessageLogUnusableException CannotWrite(string path, Exception fault) => new(
        $"'{path}' (MessageLog:Path) cannot be written by user {Environment.UserName}: {fault.Message}. Make this user the owner of the file, of the "
        + "files beside it (-wal, -shm, .lock) and of the directory, or set another path.", fault);
}
