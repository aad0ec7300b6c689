using Npgsql;
using OrleansChat.Postgres;
using Xunit;

namespace OrleansChat.TestSupport;

/// <summary>PostgreSQL servers for tests.</summary>
public static class PostgresServer
{
    private static readonly Lazy<Task<PrivatePostgres>> TheShared = new(() => PrivatePostgres.StartAsync());

    /// <summary>
    /// Returns the server that all tests of this process share. Each test creates its own database on the server, and
    /// must not pause or kill the server. If PostgreSQL is not installed, the test is skipped. If the environment
    /// variable ORLEANSCHAT_REQUIRE contains postgres, the test fails instead.
    /// </summary>
    public static Task<PrivatePostgres> SharedAsync()
    {
        RequireInstalled();
        return TheShared.Value;
    }

    /// <summary>
    /// Starts a server for one test. The test may pause and kill the server, and must dispose it. Skips or fails like
    /// <see cref="SharedAsync"/>, and also skips if this system cannot pause a server.
    /// </summary>
    /// <param name="fsync">If false, the server is faster, but a power loss may lose commits.</param>
    public static Task<PrivatePostgres> StartAsync(bool fsync = true)
    {
        RequireInstalled();
        Assert.SkipUnless(PrivatePostgres.CanBePaused, "The test finds the processes of a PostgreSQL server in /proc, which only Linux has.");
        return PrivatePostgres.StartAsync(fsync);
    }

    /// <summary>Runs statements in a database, on a new connection.</summary>
    public static async Task ExecuteAsync(string database, params string[] statements)
    {
        await using var connection = await ConnectAsync(database);
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Runs a query in a database, on a new connection. Returns the first value of the first row.</summary>
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
