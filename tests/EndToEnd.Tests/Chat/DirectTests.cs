using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// The messages of a direct conversation reach its two users on all their devices, and no other user.
/// </summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class DirectTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task DirectMessage_WhenBothUsersHaveTwoDevices_ReachesEveryDevice()
    {
        var (alice, bob) = (cluster.Fresh("alice"), cluster.Fresh("bob"));
        await using var phone = await JsonClient.ConnectAsync(cluster.First, alice);
        await using var laptop = await JsonClient.ConnectAsync(cluster.Second, alice);
        await using var tablet = await JsonClient.ConnectAsync(cluster.First, bob);
        await using var desktop = await JsonClient.ConnectAsync(cluster.Second, bob);

        await phone.SendAsync($"@{bob}", "psst");
        await desktop.SendAsync($"@{alice}", "what?");

        foreach (var (device, room) in new[] { (phone, $"@{bob}"), (laptop, $"@{bob}"), (tablet, $"@{alice}"), (desktop, $"@{alice}") })
        {
            var events = await device.EventsAsync(room, 2);
            Assert.Equal([(1L, alice, "psst"), (2L, bob, "what?")], events.Select(ev => ((long)ev["seq"]!, (string)ev["from"]!, (string)ev["text"]!)));
        }
    }

    [Fact]
    public async Task Conversations_WhenTheFirstMessageCameWhileAway_ListIt()
    {
        var (ann, bob, team) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using (var before = await JsonClient.ConnectAsync(cluster.First, bob))
        {
            var join = before.Command("join");
            (join["room"], join["kind"]) = (team, "group");
            await before.AskAsync(join, "joined");
        }

        await using var phone = await JsonClient.ConnectAsync(cluster.First, ann);
        await phone.SendAsync($"@{bob}", "are you there?");

        await using var desktop = await JsonClient.ConnectAsync(cluster.Second, bob);
        var list = await desktop.AskAsync(desktop.Command("conversations"), "conversations");
        Assert.Equal(
            [($"@{ann}", "direct", 1, 1), (team, "group", 1, 0)],
            list["rooms"]!.AsArray().Select(room => ((string)room!["room"]!, (string)room["kind"]!, (int)room["seq"]!, (int)room["unread"]!)));
    }

    [Fact]
    public async Task DirectRoom_WhenJoinedBeforeItsFirstMessage_DeliversIt()
    {
        var (alice, bob) = (cluster.Fresh("alice"), cluster.Fresh("bob"));
        await using var phone = await JsonClient.ConnectAsync(cluster.First, alice);
        await using var desktop = await JsonClient.ConnectAsync(cluster.Second, bob);
        foreach (var (device, room) in new[] { (phone, $"@{bob}"), (desktop, $"@{alice}") })
        {
            var join = device.Command("join");
            join["room"] = room;
            var joined = await device.AskAsync(join);
            Assert.Equal(("joined", 0L, 0L, "0", 0), ((string?)joined["t"], (long)joined["seq"]!, (long)joined["after"]!, (string?)joined["epoch"], (int)joined["count"]!));
        }

        var who = phone.Command("who");
        who["room"] = $"@{bob}";
        Assert.Equal(0, (int)(await phone.AskAsync(who))["count"]!);

        await phone.SendAsync($"@{bob}", "psst");
        await desktop.SendAsync($"@{alice}", "what?");

        foreach (var (device, room) in new[] { (phone, $"@{bob}"), (desktop, $"@{alice}") })
        {
            Assert.Equal(["psst", "what?"], (await device.EventsAsync(room, 2)).Select(ev => (string)ev["text"]!));
        }
    }

    [Fact]
    public async Task DirectMessage_WhenTheUserNamesAreNotAscii_Arrives()
    {
        var (one, other) = (cluster.Fresh("张三"), cluster.Fresh("Zoë"));
        await using var first = await JsonClient.ConnectAsync(cluster.First, one);
        await using var second = await JsonClient.ConnectAsync(cluster.Second, other);

        await first.SendAsync($"@{other}", "你好");

        Assert.Equal("你好", (string?)(await second.EventsAsync($"@{one}", 1))[0]["text"]);
    }

    [Fact]
    public async Task DirectRoom_WhenAThirdUserGuessesItsKey_RevealsNothing()
    {
        var (alice, bob) = (cluster.Fresh("alice"), cluster.Fresh("bob"));
        await using var first = await JsonClient.ConnectAsync(cluster.First, alice);
        await using var eve = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("eve"));
        await first.SendAsync($"@{bob}", "for you alone");

        // Inside the cluster, the key of a direct room contains both user ids. In a command, the name of a direct room
        // is @ and the id of the other user. If Eve sends the key as a room's name, the gateway reads the text after
        // the @ as the id of one user. So Eve gets an empty conversation with a user of this id.
        var key = $"@{alice.Length}:{alice}{bob.Length}:{bob}";
        foreach (var (command, count) in new[] { ("join", "seq"), ("history", "events"), ("who", "count") })
        {
            var asked = eve.Command(command);
            asked["room"] = key;
            var answered = (await eve.AskAsync(asked))[count]!;
            Assert.True(answered is JsonArray { Count: 0 } || (answered is JsonValue && (int)answered == 0), $"{command}: {answered.ToJsonString()}");
        }

        var history = eve.Command("history");
        history["room"] = $"@{alice}";
        var answer = await eve.AskAsync(history);
        Assert.True((string?)answer["t"] == "err" || answer["events"]!.AsArray().Count == 0, answer.ToJsonString());
        Assert.DoesNotContain(eve.Frames, frame => frame.ToJsonString().Contains("for you alone", StringComparison.Ordinal));
    }
}
