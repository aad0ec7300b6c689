using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.Log.Sqlite;

/// <summary>What SQLite's result codes (sqlite.org/rescode.html) mean to a caller of the log.</summary>
internal static class SqliteFaults
{
    private const int Error = 1;
    private const int Corrupt = 11;
    private const int TooBig = 18;
    private const int Constraint = 19;
    private const int Mismatch = 20;
    private const int NotADatabase = 26;

    /// <summary>In use: a row's own fault, or the store's.</summary>
    public static Exception InUse(SqliteException fault) => fault.SqliteErrorCode is TooBig or Constraint or Mismatch
        ? new LogEntryException($"SQLite refused an entry: {fault.Message}", fault)
        : new LogUnavailableException($"SQLite failed: {fault.Message}", fault);

    /// <summary>While opening: not ours, or not to be opened.</summary>
    public static Exception AtOpen(SqliteException fault, string path) => fault.SqliteErrorCode switch
    {
        Corrupt or NotADatabase => new LogSchemaException(
            $"'{path}' (Log:Path) is not a SQLite database, or is damaged. Restore it from a backup, or move it away to start with an empty log.", fault),
        Error => new LogSchemaException(
            $"'{path}' (Log:Path) does not have the tables of a message log: {fault.Message}. Restore it from a backup, or set another path.", fault),
        _ => new LogUnavailableException($"'{path}' (Log:Path) cannot be opened: {fault.Message}", fault),
    };
}
