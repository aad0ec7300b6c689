using Npgsql;
using OrleansChat.Postgres;
using Xunit;

namespace OrleansChat.TestSupport;

/// <summary>PostgreSQL for tests.</summary>
public static class PostgresServer
{
    private static readonly Lazy<Task<PrivatePostgres>> TheShared = new(() => PrivatePostgres.StartAsync());

    /// <summary>
    /// The server that all tests of this process share. A test makes its own database in it, and does not pause or kill
    /// it. If PostgreSQL is not installed, the test is skipped, or fails if the environment variable
    /// ORLEANSCHAT_REQUIRE names postgres.
    /// </summary>
    public static Task<PrivatePostgres> SharedAsync()
    {
        RequireInstalled();
        return TheShared.Value;
    }

    /// <summary>
    /// A server that belongs to the test, which may pause and kill it and disposes it. Skips or fails as
    /// <see cref="SharedAsync"/> does, and skips if a server cannot be paused here.
    /// </summary>
    /// <param name="fsync">False gives up durability for speed.</param>
    public static Task<PrivatePostgres> StartAsync(bool fsync = true)
    {
        RequireInstalled();
        Assert.SkipUnless(PrivatePostgres.CanBePaused, "The test finds the processes of a PostgreSQL server in /proc, which only Linux has.");
        return PrivatePostgres.StartAsync(fsync);
    }

    /// <summary>Runs statements in a database, on a connection of their own.</summary>
    public static async Task ExecuteAsync(string database, params string[] statements)
    {
        await using var connection = await ConnectAsync(database);
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Runs a query in a database, on a connection of its own. Returns its first value.</summary>
    public static async Task<object?> AskAsync(string database, string query)
    {
        await using var connection = await ConnectAsync(database);
        await using var command = new NpgsqlCommand(query, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Opens a connection that is not from a pool.</summary>
    public static async Task<NpgsqlConnection> ConnectAsync(string database)
    {
        var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private static void RequireInstalled()
    {
        if (PrivatePostgres.IsInstalled)
        {
            return;
        }

        if ((Environment.GetEnvironmentVariable("ORLEANSCHAT_REQUIRE") ?? "").Contains("postgres", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail(PrivatePostgres.Missing);
        }

        Assert.Skip(PrivatePostgres.Missing);
    }
}
