using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>The published programs under exactly the environment that <c>deploy/</c> gives them: see <see cref="RunningPod"/> for what is moved.</summary>
public sealed class DeploymentTests(BuiltImages images) : IClassFixture<BuiltImages>
{
    private const int Members = 6;
    private const int EachBetween = 8;
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
                Assert.Null(await pod.FailureAsync(probe.Path, probe.Port, probe.Timeout));
            }

            foreach (var port in pod.Workload.Ports.Values)
            {
                Assert.True(await pod.AcceptsAsync(port), $"{pod.Name} does not accept connections at {port}.");
            }
        }

        var gateways = cluster.Gateways.Select(Port).ToArray();
        var members = Enumerable.Range(0, Members).Select(number => new Member($"member-{number}", Rooms, gateways, number)).ToArray();
        try
        {
            await Task.WhenAll(members.Select(member => member.EnterAsync()));
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var talking = Task.WhenAll(members.Select(member => member.TalkAsync(enough.Token)));
            await TalkedAsync(members, talking);
            await DeployedCluster.StopAsync([cluster.Silos[1]]);
            await TalkedAsync(members, talking);
            await DeployedCluster.StopAsync([cluster.Gateways[0]]);
            await TalkedAsync(members, talking);
            await enough.CancelAsync();
            await talking;

            await AssertNothingIsLostAsync(members, gateways[1]);
            Assert.Equal(Members / 2, members.Count(member => member.Connections == 2)); // Those of the gateway that left, and nobody else.
        }
        finally
        {
            foreach (var member in members)
            {
                await member.DisposeAsync();
            }
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

    /// <summary>Waits until everybody has got some more answers.</summary>
    private static async Task TalkedAsync(Member[] members, Task talking)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        var before = members.Select(member => member.Answered.Count).ToArray();
        while (members.Index().Any(member => member.Item.Answered.Count < before[member.Index] + EachBetween))
        {
            Assert.False(limit.IsCancellationRequested, $"Each was to get {EachBetween} answers more than {string.Join(", ", before)}: {string.Join(", ", members.Select(member => member.Answered.Count))}.");
            if (await Task.WhenAny(talking, Task.Delay(50, TestContext.Current.CancellationToken)) == talking)
            {
                await talking;
            }
        }
    }

    /// <summary>Everything that was answered is in the log, exactly once, where the answer said; and everybody saw exactly the log.</summary>
    private static async Task AssertNothingIsLostAsync(Member[] members, int gateway)
    {
        var answered = members.SelectMany(member => member.Answered).ToDictionary();
        await using var reader = await Access.ConnectAsync(gateway, "reader");
        foreach (var room in Rooms)
        {
            var log = await LogAsync(reader, room);
            Assert.Equal(Enumerable.Range(1, log.Count), log.Select(ev => (int)ev["seq"]!));
            Assert.Equal(
                answered.Where(message => message.Key.Room == room).Select(message => (message.Value, message.Key.Text)).Order(),
                log.Select(ev => ((long)ev["seq"]!, (string)ev["text"]!)));
            foreach (var member in members)
            {
                var seen = await member.SeenAsync(room, log.Count);
                Assert.Equal(log.Select(Told), seen.Select(Told));
            }
        }

        static string Told(JsonObject ev) => $"{ev["seq"]} {ev["from"]}: {ev["text"]}";
    }

    private static async Task<List<JsonObject>> LogAsync(JsonClient reader, string room)
    {
        var log = new List<JsonObject>();
        JsonObject page;
        do
        {
            var ask = reader.Command("history");
            ask["room"] = room;
            ask["after"] = log.Count == 0 ? 0 : (long)log[^1]["seq"]!;
            page = await reader.AskAsync(ask, "page");
            log.AddRange(page["events"]!.AsArray().Select(ev => ev!.AsObject()));
        }
        while ((bool?)page["more"] == true);

        return log;
    }
}
