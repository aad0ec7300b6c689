using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>The published programs under exactly the environment that <c>deploy/</c> gives them: see <see cref="RunningPod"/> for what is moved.</summary>
public sealed class DeploymentTests(BuiltImages images) : IClassFixture<BuiltImages>
{
    private const int Members = 6;
    private static readonly string[] Rooms = [.. Enumerable.Range(1, 8).Select(number => $"room-{number}")];

    [Fact]
    public async Task Kubernetes_EveryPortAndProbe_IsServed_AndTheStopOfASiloAndAGatewayLosesNothing()
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
            Assert.Equal(Members / 2, crowd.Members.Count(member => member.Connections == 2)); // Those of the gateway that left, and nobody else.
        }

        await DeployedCluster.StopAsync([cluster.Silos[0], cluster.Silos[2], cluster.Gateways[1]]);
    }

    [Fact]
    public async Task Compose_Processes_TalkAndEnd()
    {
        await using var cluster = await DeployedCluster.StartAsync(images, Workload.Compose);
        Assert.Equal((2, 2), (cluster.Silos.Length, cluster.Gateways.Length));
        Assert.Null(await cluster.Gateways[0].FailureAsync("/", 8080, TimeSpan.FromSeconds(10))); // The page.

        await using (var ann = await Access.ConnectAsync(Port(cluster.Gateways[0]), "ann"))
        await using (var bob = await Access.ConnectAsync(Port(cluster.Gateways[1]), "bob"))
        {
            await ann.JoinAsync("lobby");
            await bob.JoinAsync("lobby");
            var ok = await ann.SendAsync("lobby", "hello");
            Assert.Equal("hello", (string?)(await bob.EventsAsync("lobby", (long)ok["seq"]!))[^1]["text"]);
        }

        await DeployedCluster.StopAsync(cluster.Pods);
    }

    [Fact]
    public async Task SiloImage_WithSqlite_NeedsToWriteToItsDataAlone()
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-sqlite-");
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(data.FullName, (UnixFileMode)0b111_111_111); // The image's user is another one.
            }

            var ports = RunningLocalCluster.FreePorts(2); // With one silo on one machine, Orleans takes ports of every loopback address.
            var alone = Workload.Kubernetes.Single(workload => workload.Program == "Silo") with
            {
                Variables = new Dictionary<string, string>
                {
                    ["Log__Path"] = Path.Combine(data.FullName, "chat.db"),
                    ["Silo__Port"] = $"{ports}",
                    ["Silo__GatewayPort"] = $"{ports + 1}",
                },
            };
            await using var silo = RunningPod.Start(images, alone, "silo", "");
            await silo.ReadyAsync("/healthz/ready", alone.Ports["health"], TimeSpan.FromSeconds(60));
            await silo.StopAsync();
            Assert.True(data.GetFiles("chat.db") is [{ Length: > 0 }]);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static int Port(RunningPod gateway) => gateway.Port(gateway.Workload.Image.Ports.Single());
}
