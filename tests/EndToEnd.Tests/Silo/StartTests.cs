using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Npgsql;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Silo;

/// <summary>
/// The start of a silo whose database is down for a while, and of a silo with a store that can never work.
/// </summary>
public sealed class StartTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Silo_WhenTheDatabaseIsDown_ServesHealthAndJoinsLater()
    {
        await using var server = await PostgresServer.StartAsync(fsync: false);
        var settings = OnPostgres(await server.CreateDatabaseAsync());
        await server.KillAsync();

        await using var silo = RunningSilo.Start(settings);
        var reason = await silo.UntilAsync(HttpStatusCode.ServiceUnavailable, "Waiting for", "a readiness answer that names the database");
        Assert.Contains($"127.0.0.1:{server.Port}", reason, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await silo.HealthAsync("live"))?.Status);
        using (var listener = new TcpListener(IPAddress.Loopback, server.Port))
        {
            listener.Start();
            for (var attempt = 0; attempt < 4; attempt++)
            {
                using var refused = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
            }
        }

        Assert.Single(silo.Process.Output, line => line.Contains("Waiting for", StringComparison.Ordinal));

        await server.RestartAsync();

        await silo.UntilAsync(HttpStatusCode.OK, "Ready.", "readiness");
        await ProcessGroup.SignalAsync("TERM", silo.Process.Id);
        Assert.Equal(0, await silo.Process.ExitAsync(Soon));
    }

    [Fact]
    public async Task Silo_WhenStoppedWhileItWaits_EndsWithCode0()
    {
        await using var silo = RunningSilo.Start(OnPostgres($"Host=127.0.0.1;Port={RunningLocalCluster.FreePorts(1)};Username=chat"));
        await silo.UntilAsync(HttpStatusCode.ServiceUnavailable, "Waiting for", "a readiness answer that names the database");

        await ProcessGroup.SignalAsync("TERM", silo.Process.Id);

        Assert.Equal(0, await silo.Process.ExitAsync(Soon));
        Assert.Empty(silo.Process.Errors);
    }

    [Fact]
    public async Task Silo_WhenTheDatabaseNameDoesNotResolve_WaitsAndServesHealth()
    {
        await using var silo = RunningSilo.Start(OnPostgres("Host=database.invalid;Username=chat"));
        var reason = await silo.UntilAsync(HttpStatusCode.ServiceUnavailable, "Waiting for", "a readiness answer that names the database");

        Assert.Contains("PostgreSQL (Cluster:ConnectionString)", reason, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await silo.HealthAsync("live"))?.Status);
        Assert.False(silo.Process.HasEnded);
        Assert.DoesNotContain(silo.Process.Output, line => line.Contains("unhandled exception", StringComparison.Ordinal));
    }

    [Theory, InlineData("Password=wrong", "Username and Password"), InlineData("Database=nowhere", "does not exist")]
    public async Task Silo_WhenTheConnectionStringIsWrong_EndsAndSaysWhy(string wrong, string expected)
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var silo = RunningSilo.Start(OnPostgres($"{database};{wrong}"));

        Assert.Equal(1, await silo.Process.ExitAsync(Soon));
        var line = Assert.Single(silo.Process.Errors);
        Assert.StartsWith("fatal: ", line, StringComparison.Ordinal);
        Assert.Contains("Cluster:ConnectionString", line, StringComparison.Ordinal);
        Assert.Contains(expected, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WhenItsUserMayNotCreate_SaysWhoMustOwnTheDatabase()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "create role tenant login password 'tenant'; grant all on database " + new NpgsqlConnectionStringBuilder(database).Database + " to tenant");
        await using var silo = RunningSilo.Start(OnPostgres($"{database};Username=tenant;Password=tenant"));

        Assert.Equal(1, await silo.Process.ExitAsync(Soon));
        Assert.Contains("Make the user the owner of the database", Assert.Single(silo.Process.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WhenItsAddressIsNotLocal_EndsWithTheSettingsName()
    {
        var settings = OnPostgres(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());
        settings["Silo:Address"] = "203.0.113.7";
        await using var silo = RunningSilo.Start(settings);

        Assert.Equal(1, await silo.Process.ExitAsync(Soon));
        Assert.StartsWith("fatal: Silo:Address", Assert.Single(silo.Process.Errors), StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Silo_WhenAnotherUserOwnsTheSqliteFile_EndsWithTheSettingsName()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can start a process as another user.");
        var data = Directory.CreateTempSubdirectory("orleanschat-foreign-");
        try
        {
            var path = Path.Combine(data.FullName, "chat.db");
            var settings = new Dictionary<string, string> { ["MessageLog:Path"] = path };
            await using (var first = RunningSilo.Start(settings))
            {
                await first.UntilAsync(HttpStatusCode.OK, "Ready.", "readiness of root's silo");
                await ProcessGroup.SignalAsync("TERM", first.Process.Id);
                Assert.Equal(0, await first.Process.ExitAsync(Soon));
            }

            File.Delete(path + ".lock");
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherRead);
            File.SetUnixFileMode(data.FullName, (UnixFileMode)0b111_111_111);
            await using var second = RunningSilo.Start(settings, asUser: "65534");

            Assert.Equal(1, await second.Process.ExitAsync(Soon));
            var line = Assert.Single(second.Process.Errors);
            Assert.Contains("MessageLog:Path", line, StringComparison.Ordinal);
            Assert.Contains("cannot be written", line, StringComparison.Ordinal);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Silo_WhenAnotherSiloHasTheFile_EndsWithOneLine()
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-twice-");
        try
        {
            var settings = new Dictionary<string, string> { ["MessageLog:Path"] = Path.Combine(data.FullName, "chat.db") };
            await using var first = RunningSilo.Start(settings);
            await first.UntilAsync(HttpStatusCode.OK, "Ready.", "readiness of the first silo");

            await using (var second = RunningSilo.Start(settings))
            {
                Assert.Equal(1, await second.Process.ExitAsync(Soon));
                Assert.Contains("in use by another silo", Assert.Single(second.Process.Errors), StringComparison.Ordinal);
            }

            await ProcessGroup.SignalAsync("KILL", first.Process.Id);
            await using var third = RunningSilo.Start(settings);
            await third.UntilAsync(HttpStatusCode.OK, "Ready.", "readiness of the third silo");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Silo_WhenTheDatabaseBecomesReadOnly_IsNotReady()
    {
        await using var server = await PostgresServer.StartAsync(fsync: false);
        await using var silo = RunningSilo.Start(OnPostgres(await server.CreateDatabaseAsync()));
        await silo.UntilAsync(HttpStatusCode.OK, "Ready.", "readiness");

        await PostgresServer.ExecuteAsync(server.ConnectionString, "alter system set default_transaction_read_only = on", "select pg_reload_conf()");
        await silo.UntilAsync(HttpStatusCode.ServiceUnavailable, "read-only", "the report of the read-only database");

        await PostgresServer.ExecuteAsync(
            server.ConnectionString + ";Options=-c default_transaction_read_only=off", "alter system reset default_transaction_read_only", "select pg_reload_conf()");
        await silo.UntilAsync(HttpStatusCode.OK, "Ready.", "readiness after the database is writable again");
        Assert.DoesNotContain(silo.Process.Output, line => line.Contains("HealthChecks", StringComparison.Ordinal));
        await silo.Process.LineAsync("commits succeed again", Soon);
        Assert.Single(silo.Process.Output, line => line.Contains("commits fail", StringComparison.Ordinal));
        Assert.Single(silo.Process.Output, line => line.Contains("commits succeed again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Migrate_WhenASiloMayNotCreate_CreatesItsTables()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var settings = OnPostgres(database);
        await using (var migrating = ProcessGroup.Start(Built.Silo, ["--migrate"], RunningLocalCluster.AsEnvironment(settings)))
        {
            Assert.Equal(0, await migrating.ExitAsync(Soon));
            Assert.Empty(migrating.Errors);
        }

        await PostgresServer.ExecuteAsync(
            database,
            "create role worker login password 'worker'; grant usage on schema chat, public to worker; "
            + "grant select, insert, update, delete on all tables in schema chat to worker; grant select, insert, update, delete on all tables in schema public to worker");

        await using var silo = RunningSilo.Start(OnPostgres($"{database};Username=worker;Password=worker"));
        await silo.UntilAsync(HttpStatusCode.OK, "Ready.", "readiness of a silo without the right to create");
    }

    [Fact]
    public async Task Purge_WhenTheSqliteFileIsMissing_EndsWithOneLine()
    {
        await using var purging = ProcessGroup.Start(Built.Silo, ["--purge"], new Dictionary<string, string> { ["MessageLog__Path"] = "/nowhere/chat.db" });

        Assert.Equal(1, await purging.ExitAsync(Soon));
        Assert.Contains("MessageLog:Path", Assert.Single(purging.Errors), StringComparison.Ordinal);
    }

    private static Dictionary<string, string> OnPostgres(string connection) => new()
    {
        ["Cluster:Store"] = "Postgres",
        ["Cluster:ConnectionString"] = connection,
        ["MessageLog:Store"] = "Postgres",
        ["MessageLog:ConnectionString"] = connection,
    };
}
