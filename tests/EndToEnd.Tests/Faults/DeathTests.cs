using System.Diagnostics;
using OrleansChat.EndToEnd.Tests.Chat;

namespace OrleansChat.EndToEnd.Tests.Faults;

/// <summary>Processes that get SIGKILL or SIGSTOP while users chat.</summary>
[Collection(nameof(FaultCluster))]
public sealed class DeathTests(FaultCluster cluster)
{
    private const string Killed = "was killed (SIGKILL)";
    private static readonly TimeSpan PresenceBound = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3); // A reserve for a busy machine.
    private static readonly TimeSpan ComeBackAfter = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task Silo_WhenKilledUnderLoad_LosesNothing()
    {
        await using var crowd = await cluster.GatherAsync(out var rooms);
        await using var asker = await JsonClient.ConnectAsync(cluster.Ports[1], cluster.Fresh("asker"));

        var pid = await cluster.SignalAsync("silo-2", "KILL");
        await crowd.TalkedAsync();
        foreach (var room in rooms)
        {
            await FaultCluster.CountsAsync(asker, room, crowd.Members.Length, PresenceBound + Slack);
        }

        await cluster.BackAsync("silo-2", pid, Killed);
        await crowd.TalkedAsync();
        await crowd.AssertNothingIsLostAsync(cluster.Ports[0]);
    }

    [Fact]
    public async Task Gateway_WhenKilledUnderLoad_LosesNothing()
    {
        await using var crowd = await cluster.GatherAsync(out var rooms);
        await using var asker = await JsonClient.ConnectAsync(cluster.Ports[1], cluster.Fresh("asker"));
        await using var stays = await JsonClient.ConnectAsync(cluster.Ports[0], cluster.Fresh("stays-away"));
        await stays.JoinAsync(rooms[0]);
        await FaultCluster.CountsAsync(asker, rooms[0], crowd.Members.Length + 1, PresenceBound);

        var pid = await cluster.SignalAsync("gateway-1", "KILL");
        var died = Stopwatch.GetTimestamp();
        await FaultCluster.CountsAsync(asker, rooms[0], crowd.Members.Length, PresenceBound + Slack);
        TestContext.Current.TestOutputHelper?.WriteLine($"Presence was correct {Stopwatch.GetElapsedTime(died).TotalSeconds:0.0} s after the gateway was killed.");
        await crowd.TalkedAsync();
        await cluster.BackAsync("gateway-1", pid, Killed);
        await crowd.TalkedAsync();
        await crowd.AssertNothingIsLostAsync(cluster.Ports[0]);
        Assert.Equal(crowd.Members.Length / 3, crowd.Members.Count(member => member.Connections == 2));
    }

    [Fact]
    public async Task Gateway_WhenStoppedBeyondItsLease_EndsWithCode3()
    {
        await using var crowd = await cluster.GatherAsync(out var rooms, ComeBackAfter);
        await using var asker = await JsonClient.ConnectAsync(cluster.Ports[0], cluster.Fresh("asker"));
        await using var ghost = await JsonClient.ConnectAsync(cluster.Ports[1], cluster.Fresh("ghost"));
        await ghost.JoinAsync(rooms[0]);
        await FaultCluster.CountsAsync(asker, rooms[0], crowd.Members.Length + 1, PresenceBound);

        var pid = await cluster.SignalAsync("gateway-2", "STOP");
        await FaultCluster.HasLeftAsync(asker, rooms[0], ghost.User, PresenceBound + Slack);
        await crowd.TalkedAsync(); // The members of the paused gateway have resumed at another gateway.
        await FaultCluster.CountsAsync(asker, rooms[0], crowd.Members.Length, PresenceBound);
        await cluster.SignalAsync("gateway-2", "CONT");

        await cluster.BackAsync("gateway-2", pid, "ended with exit code 3");
        await ghost.FrameAsync("the end of the ghost's connection", frame => (string?)frame["t"] == "closed");
        await crowd.TalkedAsync();
        await FaultCluster.CountsAsync(asker, rooms[0], crowd.Members.Length, PresenceBound);
        await crowd.AssertNothingIsLostAsync(cluster.Ports[1]);
        await FaultCluster.CountsAsync(asker, rooms[0], crowd.Members.Length, PresenceBound);
    }
}
