using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.Chat;

namespace OrleansChat.EndToEnd.Tests.Faults;

/// <summary>Users chat while the database of the whole cluster is paused for 5 s.</summary>
[Collection(nameof(FaultCluster))]
public sealed class DatabaseTests(FaultCluster cluster)
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AboutASecond = TimeSpan.FromSeconds(3); // 1 s, and a reserve of 2 s for a busy machine.

    [Fact]
    public async Task Cluster_WhenTheDatabaseStandsStill_RefusesSendsAndLosesNothing()
    {
        await using var crowd = await cluster.GatherAsync(out var rooms);
        await using var ann = await JsonClient.ConnectAsync(cluster.Ports[0], cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Ports[1], cluster.Fresh("bob"));
        var quiet = cluster.Fresh("quiet");
        await ann.JoinAsync(quiet);
        await bob.JoinAsync(quiet);
        await ann.SendAsync(quiet, "before");
        await bob.EventsAsync(quiet, 1);

        await cluster.Postgres.PauseAsync();
        var paused = Stopwatch.GetTimestamp();
        var send = ann.Command("send");
        try
        {
            (send["room"], send["text"]) = (quiet, "during");
            var refused = await ann.AskAsync(send, "err");
            Assert.True(Stopwatch.GetElapsedTime(paused) < AboutASecond, $"The gateway needed {Stopwatch.GetElapsedTime(paused)} to refuse a send.");
            Assert.Equal("unavailable", (string?)refused["code"]);
            Assert.NotNull(refused["retry"]);

            var from = bob.Frames.Count;
            await ann.SayAsync(new JsonObject { ["t"] = "typing", ["room"] = quiet });
            await bob.FrameAsync("typing", frame => (string?)frame["t"] == "typing", from);
            await ann.AskAsync(ann.Command("ping"), "pong");
            var who = ann.Command("who");
            who["room"] = quiet;
            Assert.Equal(2, (int)(await ann.AskAsync(who, "who"))["count"]!);
            var left = Away - Stopwatch.GetElapsedTime(paused);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TestContext.Current.CancellationToken);
        }
        finally
        {
            await cluster.Postgres.ResumeAsync();
        }

        var resumed = Stopwatch.GetTimestamp();
        await crowd.TalkedAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"Every member got answers again {Stopwatch.GetElapsedTime(resumed).TotalSeconds:0.0} s after the end of the pause.");

        // The message is stored once, either by the refused send or by this retry.
        Assert.Equal(2, (long)(await ann.SendAsync(quiet, "during", (string)send["id"]!))["seq"]!);
        Assert.Equal(3, (long)(await ann.SendAsync(quiet, "after"))["seq"]!);
        Assert.Equal(["before", "during", "after"], (await bob.EventsAsync(quiet, 3)).Select(ev => (string)ev["text"]!));
        await crowd.AssertNothingIsLostAsync(cluster.Ports[2]);
        Assert.Contains("unavailable", crowd.Refusals);
        Assert.All(crowd.Members, member => Assert.Equal(1, member.Connections)); // No connection ended.
        Assert.DoesNotContain(ann.Frames.Concat(bob.Frames), frame => (string?)frame["t"] == "closed");
    }
}
