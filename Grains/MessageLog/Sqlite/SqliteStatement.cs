using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// A statement that is compiled once and run many times, by one thread at a time. Its parameters <c>?1</c>, <c>?2</c>,
/// … are bound by position, because an append takes a few microseconds, and lookups by name would take a large part of
/// this time. Throws <see cref="SqliteException"/>.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _connection = connection.Handle!;
        Check(raw.sqlite3_prepare_v2(_connection, sql, out _statement));
    }

    /// <summary>Runs the statement and returns the number of rows that it changed.</summary>
    public int Run(params ReadOnlySpan<object?> values)
    {
        using (Query(values))
        {
            Step();
            return raw.sqlite3_changes(_connection);
        }
    }

    /// <summary>Starts the statement and returns its rows. Dispose them before the next run.</summary>
    public Rows Query(params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            Check(values[i] switch
            {
                null => raw.sqlite3_bind_null(_statement, i + 1),
                string text => raw.sqlite3_bind_text(_statement, i + 1, text),
                var number => raw.sqlite3_bind_int64(_statement, i + 1, Convert.ToInt64(number)),
            });
        }

        return new(this);
    }

    public void Dispose() => _statement.Dispose();

    private bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result is raw.SQLITE_ROW)
        {
            return true;
        }

        Check(result is raw.SQLITE_DONE ? raw.SQLITE_OK : result);
        return false;
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection);

    /// <summary>The rows of one run. Columns count from 0.</summary>
    public readonly struct Rows(SqliteStatement statement) : IDisposable
    {
        /// <summary>Moves to the next row. False if there is none.</summary>
        public bool Read() => statement.Step();

        public long Number(int column) => raw.sqlite3_column_int64(statement._statement, column);

        public string Text(int column) => raw.sqlite3_column_text(statement._statement, column).utf8_to_string();

        public bool IsTrue(int column) => Number(column) != 0;

        public long? NumberOrNull(int column) => IsNull(column) ? null : Number(column);

        public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

        /// <summary>Ends the run. The statement then holds no lock and can be run again.</summary>
        public void Dispose() => raw.sqlite3_reset(statement._statement);

        private bool IsNull(int column) => raw.sqlite3_column_type(statement._statement, column) is raw.SQLITE_NULL;
    }
}
