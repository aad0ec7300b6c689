using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// The only silo of a small cluster is killed and restarted. The clients stay connected to their gateways. At first,
/// the new silo does not know which users are attached.
/// </summary>
public sealed class SiloDeathTests
{
    [Fact]
    [Trait("Run", "all")]
    public async Task Silo_WhenItIsKilledAndRestarted_LosesNothing()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(2, RunningLocalCluster.Patient);
        await using var ann = await JsonClient.ConnectAsync(cluster.Port, "ann");
        await using var bob = await JsonClient.ConnectAsync(cluster.Port + 1, "bob");
        await ann.JoinAsync("lobby");
        await bob.JoinAsync("lobby");
        await ann.SendAsync("lobby", "before");

        await ProcessGroup.SignalAsync("KILL", cluster.Child("silo-1").Pid);
        var during = Task.WhenAll(Enumerable.Range(1, 20).Select(n => ann.SendAsync("lobby", $"during {n}", $"{n}")));
        await cluster.Group.LineAsync("silo-1 is back", RunningLocalCluster.StartLimit);
        await during;

        var events = await bob.EventsAsync("lobby", 21);
        Assert.Equal(["before", .. Enumerable.Range(1, 20).Select(n => $"during {n}")], events.Select(ev => (string)ev["text"]!));
        Assert.DoesNotContain(ann.Frames.Concat(bob.Frames), frame => (string?)frame["t"] is "closed" or "gap");

        // The gateway streams work again: Carl's message can reach Bob only through a stream, because Bob has not
        // joined the conversation with Carl. The notice of Dora's presence can also reach Ann only through a stream.
        await using var carl = await JsonClient.ConnectAsync(cluster.Port, "carl");
        await carl.JoinAsync("lobby");
        await carl.SendAsync("@bob", "are you there?");
        Assert.Equal("are you there?", (string?)(await bob.EventsAsync("@carl", 1))[0]["text"]);
        await using var dora = await JsonClient.ConnectAsync(cluster.Port + 1, "dora");
        await dora.JoinAsync("lobby");
        await ann.FrameAsync("the presence of dora", frame => (string?)frame["t"] == "presence" && (string?)frame["user"] == "dora");
    }

    [Fact]
    [Trait("Run", "all")]
    public async Task SlowMode_WhenTheSiloIsKilled_StillHolds()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(2, RunningLocalCluster.Patient);
        await using var ann = await JsonClient.ConnectAsync(cluster.Port, "ann");
        await using var bob = await JsonClient.ConnectAsync(cluster.Port + 1, "bob");
        foreach (var client in new[] { ann, bob })
        {
            var join = client.Command("join");
            (join["room"], join["kind"]) = ("team", "group");
            await client.AskAsync(join, "joined");
        }

        var slow = ann.Command("send");
        (slow["room"], slow["kind"], slow["settings"]) = ("team", "settings", new JsonObject { ["slow"] = 3600 });
        await ann.AskAsync(slow, "ok");
        await bob.SendAsync("team", "first");

        await ProcessGroup.SignalAsync("KILL", cluster.Child("silo-1").Pid);
        await cluster.Group.LineAsync("silo-1 is back", RunningLocalCluster.StartLimit);
        var second = bob.Command("send");
        (second["room"], second["text"]) = ("team", "second");

        Assert.Equal("rate_limited", (string?)(await bob.AskAsync(second, "err"))["code"]);
        await ann.SendAsync("team", "one");
        await ann.SendAsync("team", "two");
    }
}
