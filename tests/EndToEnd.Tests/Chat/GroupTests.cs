using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>Groups: durable members, reached wherever they are, and nobody else.</summary>
[Collection(nameof(ChatCluster))]
public sealed class GroupTests(ChatCluster cluster)
{
    [Fact]
    public async Task Message_ReachesAMembersOtherDevice_ThatDidNotJoin()
    {
        var (ann, bob, team) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using var first = await JsonClient.ConnectAsync(cluster.First, ann);
        await using var second = await JsonClient.ConnectAsync(cluster.Second, bob);
        await JoinGroupAsync(first, team);
        await JoinGroupAsync(second, team);
        await using var phone = await JsonClient.ConnectAsync(cluster.First, bob);

        await first.SendAsync(team, "meeting at ten");

        var joined = await phone.FrameAsync("the group", frame => (string?)frame["t"] == "joined" && (string?)frame["room"] == team);
        Assert.Equal("group", (string?)joined["kind"]);
        var message = await phone.FrameAsync("the message", frame => (string?)frame["t"] == "ev" && (string?)frame["text"] == "meeting at ten");
        Assert.Equal(ann, (string?)message["from"]);
    }

    [Fact]
    public async Task Membership_GivenUpOnOneDevice_EndsOnAll_AndNoResumeBringsItBack()
    {
        var (ann, bob, team) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using var owner = await JsonClient.ConnectAsync(cluster.First, ann);
        await JoinGroupAsync(owner, team);
        await using var laptop = await JsonClient.ConnectAsync(cluster.First, bob);
        await using var phone = await JsonClient.ConnectAsync(cluster.Second, bob);
        var epoch = (string)(await JoinGroupAsync(laptop, team))["epoch"]!;
        await JoinGroupAsync(phone, team);

        var leave = laptop.Command("leave");
        (leave["room"], leave["member"]) = (team, false);
        await laptop.AskAsync(leave, "ok");
        await phone.FrameAsync("the end of the membership", frame => (string?)frame["t"] == "ev" && (string?)frame["kind"] == "leave");
        await owner.SendAsync(team, "without bob");
        await owner.EventsAsync(team, 4);

        await using var back = await JsonClient.ConnectAsync(cluster.Second, bob, (team, 1, epoch));
        var refused = await back.FrameAsync("the refusal", frame => (string?)frame["t"] == "err");
        Assert.Equal((team, "not_member"), ((string?)refused["room"], (string?)refused["code"]));
        var history = phone.Command("history");
        history["room"] = team;
        Assert.Equal("not_member", (string?)(await phone.AskAsync(history, "err"))["code"]);
        Assert.All([laptop, phone, back], device => Assert.DoesNotContain(device.Frames, frame => (string?)frame["text"] == "without bob"));
    }

    private static Task<JsonObject> JoinGroupAsync(JsonClient client, string room)
    {
        var join = client.Command("join");
        (join["room"], join["kind"]) = (room, "group");
        return client.AskAsync(join, "joined");
    }
}
