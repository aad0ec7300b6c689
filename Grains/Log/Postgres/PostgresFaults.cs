using System.Net.Sockets;
using Npgsql;

namespace OrleansChat.Grains.Log.Postgres;

/// <summary>What PostgreSQL's failures mean to a caller of the log (its manual, appendix A: error codes).</summary>
internal static class PostgresFaults
{
    /// <summary>True for what the store or the way to it may throw; anything else is a bug.</summary>
    public static bool IsFault(Exception exception) =>
        exception is NpgsqlException or TimeoutException or SocketException or IOException or OperationCanceledException or ObjectDisposedException;

    /// <summary>In use: a row's own fault (data exceptions, broken constraints, limits of a row), or the store's.</summary>
    public static Exception InUse(Exception fault) => fault is PostgresException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] } refused
        ? new LogEntryException($"PostgreSQL refused an entry: {refused.MessageText}", fault)
        : new LogUnavailableException($"PostgreSQL failed or did not answer in time: {Said(fault)}", fault);

    /// <summary>While opening: not ours, or not to be opened. The message names the database and never the password.</summary>
    public static Exception AtOpen(Exception fault, NpgsqlConnectionStringBuilder settings)
    {
        var where = $"The PostgreSQL database '{settings.Database}' at {settings.Host}:{settings.Port} (Log:ConnectionString)";
        return fault switch
        {
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused => new LogSchemaException(
                $"{where} does not let this user make or use the schema \"chat\": {refused.MessageText}. Grant it CREATE on the database.", fault),
            PostgresException { SqlState: ['4', '2', ..] } other => new LogSchemaException(
                $"{where} does not have the tables of a message log: {other.MessageText}. Restore it from a backup, or use another database.", fault),
            _ => new LogUnavailableException($"{where} cannot be used: {Said(fault)}", fault),
        };
    }

    private static string Said(Exception fault) => fault switch
    {
        PostgresException said => $"{said.MessageText} ({said.SqlState})",
        OperationCanceledException => "out of time",
        _ => fault.Message,
    };
}
