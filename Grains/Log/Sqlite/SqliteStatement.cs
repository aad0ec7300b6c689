using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OrleansChat.Grains.Log.Sqlite;

/// <summary>A statement compiled once and run many times, by one thread at a time. Its parameters are <c>$1</c>, <c>$2</c>, ….</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly SqliteCommand _command;

    public SqliteStatement(SqliteConnection connection, string sql, int parameters = 0)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        for (var i = 1; i <= parameters; i++)
        {
            _command.Parameters.Add(new SqliteParameter(string.Create(CultureInfo.InvariantCulture, $"${i}"), DBNull.Value));
        }

        _command.Prepare();
    }

    /// <summary>Runs it and returns how many rows it changed.</summary>
    public int Run(params ReadOnlySpan<object?> values) => Bind(values).ExecuteNonQuery();

    /// <summary>Runs it for its rows; dispose them before the next run.</summary>
    public SqliteDataReader Query(params ReadOnlySpan<object?> values) => Bind(values).ExecuteReader();

    public void Dispose() => _command.Dispose();

    private SqliteCommand Bind(ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return _command;
    }
}
