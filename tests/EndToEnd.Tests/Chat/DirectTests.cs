namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>Direct conversations: two people, all their devices, nobody else.</summary>
[Collection(nameof(ChatCluster))]
public sealed class DirectTests(ChatCluster cluster)
{
    [Fact]
    public async Task Message_ReachesEveryDeviceOfBoth_OnWhateverGateway()
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
    public async Task Message_WhoseUserNameIsNotAscii_Arrives()
    {
        var (one, other) = (cluster.Fresh("张三"), cluster.Fresh("Zoë"));
        await using var first = await JsonClient.ConnectAsync(cluster.First, one);
        await using var second = await JsonClient.ConnectAsync(cluster.Second, other);

        await first.SendAsync($"@{other}", "你好");

        Assert.Equal("你好", (string?)(await second.EventsAsync($"@{one}", 1))[0]["text"]);
    }

    [Fact]
    public async Task ThirdPerson_ReachesNothingOfIt_OnAnyPath()
    {
        var (alice, bob) = (cluster.Fresh("alice"), cluster.Fresh("bob"));
        await using var first = await JsonClient.ConnectAsync(cluster.First, alice);
        await using var eve = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("eve"));
        await first.SendAsync($"@{bob}", "for you alone");

        // The name of a direct room is the other one's; its key, guessed, is no room name.
        var key = $"@{alice.Length}:{alice}{bob.Length}:{bob}";
        foreach (var command in new[] { "join", "history", "who" })
        {
            var asked = eve.Command(command);
            asked["room"] = key;
            Assert.Equal("bad_request", (string?)(await eve.AskAsync(asked, "err"))["code"]);
        }

        var history = eve.Command("history");
        history["room"] = $"@{alice}";
        var answer = await eve.AskAsync(history);
        Assert.True((string?)answer["t"] == "err" || answer["events"]!.AsArray().Count == 0, answer.ToJsonString());
        Assert.DoesNotContain(eve.Frames, frame => frame.ToJsonString().Contains("for you alone", StringComparison.Ordinal));
    }
}
