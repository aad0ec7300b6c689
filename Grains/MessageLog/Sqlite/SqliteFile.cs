using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// Creates the database file, and opens connections to it with the settings that the message log needs.
/// </summary>
internal sealed class SqliteFile(MessageLogOptions options)
{
    private readonly string _path = Path.GetFullPath(options.Path);

    /// <summary>
    /// Opens the one connection that writes. Creates the file if it is missing, and migrates it to the current schema.
    /// </summary>
    public SqliteConnection OpenForWriting() => Open(SqliteOpenMode.ReadWriteCreate, connection =>
    {
        // With this setting, SQLite overwrites deleted content with zeros
        // (sqlite.org/pragma.html#pragma_secure_delete). Until the write-ahead log is emptied, it may still have copies
        // of the pages from before the deletion.
        Run(connection, "pragma secure_delete = on");
        SqliteSchema.Migrate(connection, options.Path);
        // Write-ahead logging: readers see the last commit and never wait for a writer (sqlite.org/wal.html).
        Run(connection, "pragma journal_mode = wal");
        // The newest rows of different rooms are in different pages. Each commit to a room writes the same few pages
        // again. A page cache of 64 MiB keeps these pages in memory. A checkpoint runs after 16,384 pages (64 MiB),
        // instead of every few commits.
        Run(connection, "pragma cache_size = -65536");
        Run(connection, "pragma wal_autocheckpoint = 16384");
        Run(connection, options.Synchronous == SqliteSynchronous.Full ? "pragma synchronous = full" : "pragma synchronous = normal");
    });

    public SqliteConnection OpenForReading() => Open(SqliteOpenMode.ReadWrite, connection => Run(connection, "pragma query_only = on"));

    /// <summary>
    /// Runs <paramref name="open"/> and converts exceptions of SQLite and of the file system to
    /// <see cref="MessageLogUnusableException"/> or <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    public T Guard<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (SqliteException exception)
        {
            throw SqliteFaults.AtOpen(exception, options.Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw SqliteFaults.CannotWrite(options.Path, exception);
        }
    }

    private SqliteConnection Open(SqliteOpenMode mode, Action<SqliteConnection> prepare) => Guard(() =>
    {
        SqlitePermissions.CreateDirectory(_path);
        if (!File.Exists(_path))
        {
            SqlitePermissions.Open(_path, FileShare.ReadWrite).Dispose();
        }

        foreach (var one in (string[])[_path, $"{_path}-wal", $"{_path}-shm"])
        {
            SqlitePermissions.Restrict(one);
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
            // Another process may lock the file for a moment while it commits. SQLite waits for this lock for up to the
            // busy timeout.
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

    /// <summary>Runs the statements of a script, which returns no rows.</summary>
    public static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
