using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.Log.Sqlite;

/// <summary>The database file: makes it, and opens connections to it as the log needs them.</summary>
internal sealed class SqliteFile(MessageLogOptions options)
{
    private readonly string _path = Path.GetFullPath(options.Path);

    /// <summary>The one connection that writes, on a file that exists and has the current schema.</summary>
    public SqliteConnection OpenForWriting() => Open(SqliteOpenMode.ReadWriteCreate, connection =>
    {
        SqliteSchema.Migrate(connection, options.Path);
        // Write-ahead logging: readers see the last commit and wait for no writer (sqlite.org/wal.html).
        Run(connection, "pragma journal_mode = wal");
        // Each room's newest rows are in pages of their own, which every commit touches again: they stay in memory (KiB), and are folded into the file
        // when so many pages (64 MiB) wait, not every few commits.
        Run(connection, "pragma cache_size = -65536");
        Run(connection, "pragma wal_autocheckpoint = 16384");
        Run(connection, options.Synchronous == SqliteSynchronous.Full ? "pragma synchronous = full" : "pragma synchronous = normal");
    });

    /// <summary>A connection that reads.</summary>
    public SqliteConnection OpenForReading() => Open(SqliteOpenMode.ReadWrite, connection => Run(connection, "pragma query_only = on"));

    /// <summary>Runs what may find that the file is not what it should be.</summary>
    public T Guard<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (SqliteException fault)
        {
            throw SqliteFaults.AtOpen(fault, options.Path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new LogUnavailableException($"'{options.Path}' (Log:Path) cannot be made: {fault.Message}", fault);
        }
    }

    private SqliteConnection Open(SqliteOpenMode mode, Action<SqliteConnection> prepare) => Guard(() =>
    {
        if (Path.GetDirectoryName(_path) is { Length: > 0 } directory)
        {
            Directory.CreateDirectory(directory);
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)options.CallTimeout.TotalSeconds),
        }.ToString());
        try
        {
            connection.Open();
            // Another process may hold the file for the moment of its own commit.
            Run(connection, string.Create(CultureInfo.InvariantCulture, $"pragma busy_timeout = {(int)options.CallTimeout.TotalMilliseconds}"));
            prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    });

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
