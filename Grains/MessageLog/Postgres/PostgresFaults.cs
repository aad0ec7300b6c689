using System.Net.Sockets;
using Npgsql;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>Classifies the failures of PostgreSQL (error codes: PostgreSQL manual, appendix A).</summary>
internal static class PostgresFaults
{
    /// <summary>
    /// Whether the exception may come from the database or the network. Any other exception is a bug.
    /// </summary>
    public static bool IsFault(Exception exception) =>
        exception is NpgsqlException or TimeoutException or SocketException or IOException or OperationCanceledException or ObjectDisposedException;

    /// <summary>
    /// Converts a failure of an open message log. Returns a <see cref="MessageLogEntryException"/> if a row caused it
    /// (classes 22, 23 and 54: data exception, constraint violation, limit exceeded), otherwise a
    /// <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    public static Exception InUse(Exception fault) => fault is PostgresException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] } refused
        ? new MessageLogEntryException($"PostgreSQL refused an entry: {refused.MessageText}", fault)
        : new MessageLogUnavailableException($"PostgreSQL failed or did not answer in time: {Said(fault)}", fault);

    /// <summary>
    /// Converts a failure while opening. Returns a <see cref="MessageLogUnusableException"/> if an operator has to act,
    /// otherwise a <see cref="MessageLogUnavailableException"/>. The message names the database and never the password.
    /// </summary>
    public static Exception AtOpen(Exception fault, NpgsqlConnectionStringBuilder settings)
    {
        var where = $"The PostgreSQL database '{settings.Database}' at {settings.Host}:{settings.Port} (MessageLog:ConnectionString)";
        return Remedy(fault, "create or use the schema \"chat\"") is { } remedy ? new MessageLogUnusableException($"{where} {remedy}", fault)
            : fault is PostgresException { SqlState: ['4', '2', ..] } other ? new MessageLogUnusableException(
                $"{where} does not have the tables of a message log: {other.MessageText}. Restore it from a backup, or use another database.", fault)
            : new MessageLogUnavailableException($"{where} cannot be used: {Said(fault)}", fault);
    }

    /// <summary>
    /// Returns what is wrong and what to do, as the end of a sentence that begins with the name of the database.
    /// Returns null if a retry may succeed. An operator has to act only if the server refuses the user, the database
    /// does not exist, or a permission is missing. A server that is starting, is full or is a standby may accept
    /// connections or writes later.
    /// </summary>
    /// <param name="intent">The action for which the user needs permission.</param>
    public static string? Remedy(Exception fault, string intent) => (fault as PostgresException)?.SqlState switch
    {
        ['2', '8', ..] => $"refused this user: {Said(fault)}. Correct Username and Password in the connection string, or pg_hba.conf on the server.",
        PostgresErrorCodes.InvalidCatalogName => $"does not exist: {Said(fault)}. Create it with encoding UTF8, or correct Database in the connection string.",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"does not allow this user to {intent}: {Said(fault)}. Make the user the owner of the database, or run OrleansChat.Silo --migrate once as its owner.",
        _ => null,
    };

    private static string Said(Exception fault) => fault switch
    {
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } said => $"it is read-only, for example a standby: {said.MessageText}",
        PostgresException said => $"{said.MessageText} ({said.SqlState})",
        OperationCanceledException => "the time limit was reached",
        { InnerException: { } inner } when !fault.Message.Contains(inner.Message, StringComparison.Ordinal) => $"{fault.Message}: {inner.Message}",
        _ => fault.Message,
    };
}
