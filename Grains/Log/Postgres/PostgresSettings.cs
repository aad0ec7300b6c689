using Npgsql;

namespace OrleansChat.Grains.Log.Postgres;

/// <summary>The two ways to connect: the operator's connection string, and what each use of it needs besides.</summary>
internal static class PostgresSettings
{
    /// <summary>The operator's settings with what both uses share. Throws <see cref="LogSchemaException"/> for a string that is not one.</summary>
    public static NpgsqlConnectionStringBuilder Parse(MessageLogOptions options)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
            settings.ApplicationName ??= "OrleansChat log";
            return settings;
        }
        catch (ArgumentException malformed)
        {
            throw new LogSchemaException($"Log:ConnectionString is not a PostgreSQL connection string: {malformed.Message}", malformed);
        }
    }

    /// <summary>One connection, held open; noticed while idle when it breaks, so that the next append need not be the one to find out.</summary>
    public static string ForAppends(NpgsqlConnectionStringBuilder settings, MessageLogOptions options) =>
        new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Pooling = false,
            KeepAlive = 5,
            Timeout = Seconds(options.AppendTimeout),
        }.ConnectionString;

    /// <summary>Everything else.</summary>
    public static string ForThePool(NpgsqlConnectionStringBuilder settings, MessageLogOptions options) =>
        new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            MaxPoolSize = options.ReadConnections,
            MinPoolSize = 0,
            MaxAutoPrepare = 20,
            Timeout = Seconds(options.CallTimeout),
        }.ConnectionString;

    private static int Seconds(TimeSpan timeout) => Math.Max(1, (int)Math.Ceiling(timeout.TotalSeconds));
}
