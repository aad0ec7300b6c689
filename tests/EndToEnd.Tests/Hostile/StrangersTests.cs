using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Hostile;

/// <summary>Many strangers send direct messages to one user.</summary>
public sealed class StrangersTests
{
    [Fact]
    public async Task DirectMessage_WhenStrangersTookAllPlaces_ReachesTheUser()
    {
        const int Places = 20, Strangers = Places + 5;
        await using var cluster = await RunningLocalCluster.StartAsync(2, new Dictionary<string, string> { ["Limits:RoomsPerConnection"] = "2" });
        await using var vic = await JsonClient.ConnectAsync(cluster.Port, "vic");
        await vic.JoinAsync("lobby");
        await vic.JoinAsync("garden");
        for (var i = 0; i < Strangers; i++)
        {
            await using var stranger = await JsonClient.ConnectAsync(cluster.Port + 1, $"stranger{i}");
            await stranger.SendAsync("@vic", "buy this");
            await vic.EventsAsync($"@stranger{i}", 1);
        }

        await using var bob = await JsonClient.ConnectAsync(cluster.Port + 1, "bob");
        await bob.SendAsync("@vic", "are you there?");
        await vic.EventsAsync("@bob", 1);

        // Each stranger's message makes the gateway subscribe vic's connection to the direct conversation. The
        // connection can have 20 such subscriptions. To make room for another one, the gateway ends the oldest of them.
        // It never ends the subscription of a room that vic joined.
        var left = vic.Frames.Where(frame => (string?)frame["t"] == "left").Select(frame => (string?)frame["room"]);
        Assert.Equal(Enumerable.Range(0, Strangers + 1 - Places).Select(i => $"@stranger{i}"), left);
        await bob.JoinAsync("lobby");
        await bob.SendAsync("lobby", "all here?");
        await vic.EventsAsync("lobby", 1);
    }
}
