using OrleansChat.Postgres;
using Xunit;

namespace OrleansChat.Testing;

/// <summary>PostgreSQL for tests.</summary>
public static class PostgresServer
{
    private static readonly Lazy<Task<PrivatePostgres>> TheShared = new(() => PrivatePostgres.StartAsync());

    /// <summary>
    /// The server that all tests of this process share: make a database of your own in it, and do not pause or kill it. Skips the test where
    /// PostgreSQL is not installed, or fails it where the environment variable ORLEANSCHAT_REQUIRE names postgres.
    /// </summary>
    public static Task<PrivatePostgres> SharedAsync()
    {
        RequireInstalled();
        return TheShared.Value;
    }

    /// <summary>A server of the test's own, to be paused, killed and disposed. Skips or fails as <see cref="SharedAsync"/> does, and skips where a
    /// server cannot be paused.</summary>
    /// <param name="fsync">False gives up durability for speed.</param>
    public static Task<PrivatePostgres> StartAsync(bool fsync = true)
    {
        RequireInstalled();
        Assert.SkipUnless(PrivatePostgres.CanBePaused, "Freezing and killing a PostgreSQL server whole is done through /proc, which is there on Linux.");
        return PrivatePostgres.StartAsync(fsync);
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
