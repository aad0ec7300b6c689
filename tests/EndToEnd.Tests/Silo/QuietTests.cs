using Npgsql;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Silo;

/// <summary>
/// After its start, a healthy cluster writes nothing to standard output. It deletes the database rows of gateways that
/// have ended.
/// </summary>
public sealed class QuietTests
{
    [Fact]
    public Task Cluster_WhenIdleForHalfAMinute_WritesNothing() => QuietAsync(TimeSpan.FromSeconds(30), postgres: false);

    [Fact]
    [Trait("Run", "all")]
    public Task Cluster_WhenIdleForFiveMinutes_WritesNothing() => Task.WhenAll(
        QuietAsync(TimeSpan.FromMinutes(5), postgres: false), QuietAsync(TimeSpan.FromMinutes(5), postgres: true));

    [Fact]
    public async Task Cluster_WhenTwentyUsersCreateAHundredRooms_WritesNothing()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, RunningLocalCluster.Patient);
        await SettledAsync(cluster);
        var before = cluster.Group.Output.Length;

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async user =>
        {
            await using var client = await JsonClient.ConnectAsync(cluster.Port, $"user-{user}");
            for (var room = 0; room < 5; room++)
            {
                await client.JoinAsync($"room-{user}-{room}");
                await client.SendAsync($"room-{user}-{room}", "hello");
            }
        }));
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);

        Assert.Empty(cluster.Group.Output[before..]);
    }

    [Fact]
    [Trait("Run", "all")]
    public async Task Gateway_WhenItHasEnded_LeavesNoRow()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var cluster = await RunningLocalCluster.StartAsync(2, "--store", "postgres", "--connection", database);
        await Waiting.UntilAsync(() => Rows(database) == 2, "the rows of the two gateways");

        var killed = cluster.Child("gateway-1").Pid;
        await ProcessGroup.SignalAsync("KILL", killed);
        await cluster.Group.LineAsync($"gateway-1 (pid {killed}) was killed (SIGKILL); starting it again", RunningLocalCluster.StartLimit);
        var stopped = cluster.Child("gateway-2").Pid;
        await ProcessGroup.SignalAsync("TERM", stopped);
        await cluster.Group.LineAsync($"gateway-2 (pid {stopped}) ended with exit code 0; starting it again", RunningLocalCluster.StartLimit);
        await cluster.Group.LineAsync("gateway-1 is back", RunningLocalCluster.StartLimit);
        await cluster.Group.LineAsync("gateway-2 is back", RunningLocalCluster.StartLimit);

        await Waiting.UntilAsync(() => Rows(database) == 2, "the deletion of the two old rows", TimeSpan.FromSeconds(60));
    }

    private static async Task QuietAsync(TimeSpan rest, bool postgres)
    {
        string[] arguments = postgres
            ? ["--store", "postgres", "--connection", await (await PostgresServer.SharedAsync()).CreateDatabaseAsync()]
            : [];
        await using var cluster = await RunningLocalCluster.StartAsync(2, RunningLocalCluster.Patient, arguments);
        await SettledAsync(cluster);
        var before = cluster.Group.Output.Length;

        await Task.Delay(rest, TestContext.Current.CancellationToken);

        Assert.Empty(cluster.Group.Output[before..]);
        Assert.Empty(cluster.Group.Errors);
    }

    /// <summary>
    /// Waits 3 s, because the silos and gateways may print start-up lines shortly after they are ready.
    /// </summary>
    private static Task SettledAsync(RunningLocalCluster cluster)
    {
        Assert.NotEmpty(cluster.Group.Output);
        return Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
    }

    private static long Rows(string database)
    {
        using var connection = new NpgsqlConnection(database);
        connection.Open();
        using var command = new NpgsqlCommand("select count(*) from orleans_grain_state", connection);
        return (long)command.ExecuteScalar()!;
    }
}
