using System.Text.Json.Nodes;
using Npgsql;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// Runs the published programs with the environment that the files in <c>deploy/</c> set. <see cref="RunningPod"/>
/// lists the few values that differ. Publishing takes a minute, so only <c>./test.sh --all</c> runs these tests.
/// </summary>
[Collection(Collection)]
[Trait("Run", "all")]
public sealed class DeploymentTests(BuiltImages images) : IClassFixture<BuiltImages>
{
    /// <summary>
    /// The collection of the tests that start a whole deployment. These tests run one after another. Each of them
    /// creates the gateways' database user, and all databases of a PostgreSQL server share their users.
    /// </summary>
    internal const string Collection = "Deploy";

    private const int Members = 6;
    private static readonly string[] Refused =
    [
        "select * from chat.events", "select * from chat.rooms", "select * from orleans_grain_state", "update orleans_silo set status = 6",
        "delete from orleans_cluster", "update orleansquery set querytext = ''", "create table mine (id integer)",
    ];

    private static readonly string[] Rooms = [.. Enumerable.Range(1, 8).Select(number => $"room-{number}")];

    [Fact]
    public async Task Base_WhenASiloAndAGatewayStop_LosesNothing()
    {
        await using var cluster = await DeployedCluster.StartAsync(images, Workload.Kubernetes);
        Assert.Equal((3, 2), (cluster.Silos.Length, cluster.Gateways.Length));
        foreach (var pod in cluster.Pods)
        {
            foreach (var probe in pod.Workload.Probes)
            {
                await pod.AnswersAsync(probe);
            }

            foreach (var port in pod.Workload.Ports.Values)
            {
                Assert.True(await pod.AcceptsAsync(port), $"{pod.Name} does not accept connections at {port}.");
            }
        }

        var gateways = cluster.Gateways.Select(Port).ToArray();
        await using (var crowd = await Crowd.GatherAsync(Members, "member", Rooms, gateways, Access.ConnectAsync))
        {
            await DeployedCluster.StopAsync([cluster.Silos[1]]);
            await crowd.TalkedAsync();
            await DeployedCluster.StopAsync([cluster.Gateways[0]]);
            await crowd.TalkedAsync();

            await crowd.AssertNothingIsLostAsync(gateways[1]);
            Assert.Equal(Members / 2, crowd.Members.Count(member => member.Connections == 2)); // Only members of the stopped gateway reconnected.
        }

        await DeployedCluster.StopAsync([cluster.Silos[0], cluster.Silos[2], cluster.Gateways[1]]);
    }

    [Fact]
    public async Task Compose_WhenAllProcessesRun_ServesChatAndStops()
    {
        await using var cluster = await DeployedCluster.StartAsync(images, Workload.Compose);
        Assert.Equal((2, 2), (cluster.Silos.Length, cluster.Gateways.Length));
        Assert.Null(await cluster.Gateways[0].FailureAsync("/", 8080, TimeSpan.FromSeconds(10))); // The path / serves the chat page.

        await ChatAsync(cluster);

        await DeployedCluster.StopAsync(cluster.Pods);
    }

    [Fact]
    public async Task GatewayRole_WhenAGatewayServes_ReadsOnlyTheSilos()
    {
        await using var cluster = await DeployedCluster.StartAsync(images, [.. Workload.Kubernetes.Select(workload => workload with { Replicas = 1 })]);
        await using (var ann = await Access.ConnectAsync(Port(cluster.Gateways[0]), "ann"))
        {
            await ann.JoinAsync("lobby");
            await ann.SendAsync("lobby", "hello");
        }

        await using var gateway = NpgsqlDataSource.Create(cluster.GatewayConnection);
        await using var members = gateway.CreateCommand("select count(*) from orleans_silo");
        Assert.Equal(1L, await members.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        foreach (var statement in Refused)
        {
            await using var command = gateway.CreateCommand(statement);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
            Assert.True(refused.SqlState == PostgresErrorCodes.InsufficientPrivilege, $"{statement}: {refused.Message}");
        }
    }

    [Fact]
    public async Task SiloImage_WhenTheLogIsSqlite_WritesToItsDataOnly()
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-sqlite-");
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(data.FullName, (UnixFileMode)0b111_111_111); // The silo runs as another user, who must be able to write to this folder.
            }

            var alone = AloneWithSqlite(RunningLocalCluster.FreePorts(2));
            await using var silo = RunningPod.Start(images, alone with { Variables = new Dictionary<string, string>(alone.Variables) { ["MessageLog__Path"] = Path.Combine(data.FullName, "chat.db") } }, "silo", "");
            await silo.ReadyAsync("/healthz/ready", alone.Ports["health"], TimeSpan.FromSeconds(60));
            await silo.StopAsync();

            Assert.True(data.GetFiles("chat.db") is [{ Length: > 0 }]);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    /// <summary>
    /// Returns a workload with one silo that stores its log in SQLite. The silo does not use PostgreSQL for its cluster
    /// either, so Orleans listens on 127.0.0.1 and not on the address of the pod. Other processes also use 127.0.0.1,
    /// so the silo needs its own ports.
    /// </summary>
    /// <param name="ports">The first of two free ports.</param>
    internal static Workload AloneWithSqlite(int ports) => Workload.Kubernetes.Single(workload => workload.Program == "Silo") with
    {
        Variables = new Dictionary<string, string> { ["Silo__Port"] = $"{ports}", ["Silo__ClientPort"] = $"{ports + 1}" },
    };

    /// <summary>
    /// Sends a message through the first gateway. Asserts that a user on the second gateway receives the message.
    /// </summary>
    internal static async Task ChatAsync(DeployedCluster cluster)
    {
        await using var ann = await Access.ConnectAsync(Port(cluster.Gateways[0]), "ann");
        await using var bob = await Access.ConnectAsync(Port(cluster.Gateways[1]), "bob");
        await AnsweredAsync(ann, Lobby(ann, "join"));
        await AnsweredAsync(bob, Lobby(bob, "join"));
        var send = Lobby(ann, "send");
        send["text"] = "hello";
        var ok = await AnsweredAsync(ann, send);
        Assert.Equal("hello", (string?)(await bob.EventsAsync("lobby", (long)ok["seq"]!))[^1]["text"]);
    }

    private static JsonObject Lobby(JsonClient client, string type)
    {
        var command = client.Command(type);
        command["room"] = "lobby";
        return command;
    }

    /// <summary>
    /// Sends a command. If the answer has the code <c>unavailable</c>, waits for the time in its field <c>retry</c>,
    /// and sends the command again. This answer is possible, because a busy disk can delay an append for seconds.
    /// </summary>
    private static async Task<JsonObject> AnsweredAsync(JsonClient client, JsonObject command)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answer = await client.AskAsync(command.DeepClone().AsObject());
            if ((string?)answer["code"] is not "unavailable")
            {
                Assert.Null(answer["code"]);
                return answer;
            }

            Assert.True(attempt < 20, $"{client.User} got {answer.ToJsonString()} 20 times");
            await Task.Delay((int)answer["retry"]!, TestContext.Current.CancellationToken);
        }
    }

    private static int Port(RunningPod gateway) => gateway.Port(gateway.Workload.Image.Ports.Single());
}
