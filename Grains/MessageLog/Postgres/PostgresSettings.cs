using Npgsql;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Grains.MessageLog.Postgres;

/// <summary>
/// Connection strings for each use of the database, made from the operator's connection string.
/// </summary>
internal static class PostgresSettings
{
    /// <summary>
    /// Time limit for opening a connection: TCP, TLS and the password. This limit is separate from the limit for
    /// statements: a server that has just started or is busy may need seconds to open a connection, although its
    /// statements are fast.
    /// </summary>
    private const int ConnectSeconds = 10;

    /// <summary>
    /// Parses the operator's connection string and adds the defaults that all uses share.
    /// </summary>
    /// <exception cref="MessageLogUnusableException">The connection string is invalid or has no host.</exception>
    public static NpgsqlConnectionStringBuilder Parse(MessageLogOptions options)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(PostgresConnectionString.WithDefaults(options.ConnectionString!));
            settings.ApplicationName ??= "OrleansChat log";
            return settings.Host is { Length: > 0 }
                ? settings
                : throw new MessageLogUnusableException("MessageLog:ConnectionString has no Host. Write it as in Host=localhost;Username=chat;Password=...;Database=chat.");
        }
        catch (ArgumentException exception)
        {
            throw new MessageLogUnusableException($"MessageLog:ConnectionString is not a valid PostgreSQL connection string: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Returns the connection string for a connection that writes events. It is not pooled, and stays open between
    /// appends. Keep-alives detect a broken connection while it is idle, before the next append uses it.
    /// </summary>
    public static string ForAppends(NpgsqlConnectionStringBuilder settings) =>
        new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Pooling = false,
            KeepAlive = 5,
            Timeout = ConnectSeconds,
        }.ConnectionString;

    /// <summary>
    /// Returns the connection string for the one connection of the readiness check. With its own connection, the check
    /// does not wait for appends or reads.
    /// </summary>
    public static string ForProbes(NpgsqlConnectionStringBuilder settings) =>
        new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            MaxPoolSize = 1,
            MinPoolSize = 0,
            Timeout = ConnectSeconds,
        }.ConnectionString;

    /// <summary>
    /// Returns the connection string for the one connection that migrates the tables at startup. A migration has no
    /// time limit, so TCP keep-alives detect a dead server.
    /// </summary>
    public static string ForMigrations(NpgsqlConnectionStringBuilder settings) =>
        new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Pooling = false,
            TcpKeepAlive = true,
            Timeout = ConnectSeconds,
        }.ConnectionString;

    /// <summary>Returns the connection string for the pool that all other operations use.</summary>
    public static string ForThePool(NpgsqlConnectionStringBuilder settings, MessageLogOptions options) =>
        new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            MaxPoolSize = options.ReadConnections,
            MinPoolSize = 0,
            MaxAutoPrepare = 20,
            Timeout = ConnectSeconds,
        }.ConnectionString;
}
