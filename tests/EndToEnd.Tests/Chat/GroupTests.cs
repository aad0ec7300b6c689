using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>The messages of a group reach the members on all their devices, and no other user.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class GroupTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task GroupMessage_WhenAMembersDeviceDidNotJoin_ReachesIt()
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
    public async Task Membership_WhenOneDeviceEndsIt_EndsOnAllDevices()
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

    [Fact]
    public async Task Resume_WhenTheUserIsNotAMember_IsRefused()
    {
        var (ann, bob, team) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using var owner = await JsonClient.ConnectAsync(cluster.First, ann);
        await JoinGroupAsync(owner, team);
        await using var stranger = await JsonClient.ConnectAsync(cluster.Second, bob);
        await using var tablet = await JsonClient.ConnectAsync(cluster.Second, ann);

        var refused = await stranger.AskAsync(Resume(stranger, team), "err");
        await tablet.AskAsync(Resume(tablet, team), "joined");
        await owner.SendAsync(team, "still two devices of one member");

        Assert.Equal("not_member", (string?)refused["code"]);
        var events = await tablet.EventsAsync(team, 2);
        Assert.Equal(["join", "msg"], events.Select(@event => (string?)@event["kind"]));
    }

    [Fact]
    public async Task Leave_WhenTheRoomIsAGroup_LastsForTheConnection()
    {
        var (ann, bob, team) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using var owner = await JsonClient.ConnectAsync(cluster.First, ann);
        await JoinGroupAsync(owner, team);
        await using var laptop = await JsonClient.ConnectAsync(cluster.Second, bob);
        await JoinGroupAsync(laptop, team);
        await using var phone = await JsonClient.ConnectAsync(cluster.Second, bob);

        await laptop.AskAsync(Leave(laptop, team), "ok");
        await laptop.AskAsync(Leave(laptop, $"@{ann}"), "err");
        var before = laptop.Frames.Count;
        for (var n = 1; n <= 3; n++)
        {
            await owner.SendAsync(team, $"line {n}");
        }

        // Each message in the group notifies all of Bob's devices. The notification subscribes the phone to the group.
        // It does not subscribe the laptop, because the laptop has left the group. The direct message shows that the
        // laptop still gets notifications.
        await phone.EventsAsync(team, 5);
        await owner.SendAsync($"@{bob}", "psst");
        await laptop.FrameAsync("the direct conversation", frame => (string?)frame["t"] == "joined" && (string?)frame["room"] == $"@{ann}", before);
        Assert.DoesNotContain(laptop.Frames.Skip(before), frame => (string?)frame["room"] == team);

        // In a direct conversation, a leave lasts only until the next event.
        await laptop.AskAsync(Leave(laptop, $"@{ann}"), "ok");
        before = laptop.Frames.Count;
        await owner.SendAsync($"@{bob}", "psst again");
        await laptop.FrameAsync("the conversation again", frame => (string?)frame["t"] == "joined" && (string?)frame["room"] == $"@{ann}", before);
    }

    [Fact]
    public async Task LeaveForGood_WhenTheConnectionIsNotInTheGroup_IsRefused()
    {
        var (ann, team) = (cluster.Fresh("ann"), cluster.Fresh("team"));
        await using var laptop = await JsonClient.ConnectAsync(cluster.First, ann);
        await JoinGroupAsync(laptop, team);
        await using var phone = await JsonClient.ConnectAsync(cluster.Second, ann);

        // The phone must not be in the group when it first asks to leave for good. A late notification of the laptop's
        // join could subscribe the phone to the group, but only if the phone has not left the group before. So the
        // phone first joins and leaves.
        await phone.AskAsync(Resume(phone, team), "joined");
        await phone.AskAsync(Leave(phone, team), "ok");
        var leave = Leave(phone, team);
        leave["member"] = false;

        Assert.Equal("not_member", (string?)(await phone.AskAsync(leave, "err"))["code"]);
        await phone.AskAsync(Resume(phone, team), "joined");
        leave = Leave(phone, team);
        leave["member"] = false;
        await phone.AskAsync(leave, "ok");
        await laptop.FrameAsync("the end of the membership", frame => (string?)frame["t"] == "ev" && (string?)frame["kind"] == "leave");
        var send = laptop.Command("send");
        (send["room"], send["text"]) = (team, "anybody?");
        Assert.Equal("not_member", (string?)(await laptop.AskAsync(send, "err"))["code"]);
    }

    private static JsonObject Leave(JsonClient client, string room)
    {
        var leave = client.Command("leave");
        leave["room"] = room;
        return leave;
    }

    private static JsonObject Resume(JsonClient client, string room)
    {
        var join = client.Command("join");
        (join["room"], join["last"], join["resume"]) = (room, 20, true);
        return join;
    }

    private static Task<JsonObject> JoinGroupAsync(JsonClient client, string room)
    {
        var join = client.Command("join");
        (join["room"], join["kind"]) = (room, "group");
        return client.AskAsync(join, "joined");
    }
}
