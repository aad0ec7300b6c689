using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>The list of conversations on several devices of a user, on two gateways.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class ConversationTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Settings_WhenOneDeviceChangesThem_ReachTheOthers()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var sender = await JsonClient.ConnectAsync(cluster.First, bob);
        await sender.SendAsync($"@{ann}", "psst");
        await using var phone = await JsonClient.ConnectListingAsync(cluster.First, ann, 10);
        await using var desktop = await JsonClient.ConnectAsync(cluster.Second, ann);
        var first = await ListOfHelloAsync(phone);
        Assert.Equal("psst", (string?)Assert.Single(first["rooms"]!.AsArray())!["last"]!["text"]);

        await SetAsync(desktop, $"@{bob}", ("pinned", true), ("muted", 9007199254740991));

        var hint = await phone.FrameAsync("the hint", frame => (string?)frame["t"] == "conversation");
        Assert.Equal($"@{bob}", (string?)hint["room"]);
        var changes = await ChangesAsync(phone, first);
        var row = Assert.Single(changes["rooms"]!.AsArray())!;
        Assert.Equal((true, 9007199254740991, 1), ((bool)row["pinned"]!, (long)row["muted"]!, (int)row["unread"]!));

        await SetAsync(desktop, $"@{bob}", ("hidden", true));
        changes = await ChangesAsync(phone, changes);
        Assert.Equal([$"@{bob}"], Names(changes["removed"]!));
        Assert.Empty(changes["rooms"]!.AsArray());

        await sender.SendAsync($"@{ann}", "still there?");
        changes = await ChangesAsync(phone, changes);
        Assert.Equal("still there?", (string?)Assert.Single(changes["rooms"]!.AsArray())!["last"]!["text"]);

        // The desktop has not asked for its list of conversations, so the gateway sends it no conversation frame.
        Assert.DoesNotContain(desktop.Frames, frame => (string?)frame["t"] == "conversation");
    }

    [Fact]
    public async Task Changes_WhenADeviceConnectsAgain_AreSinceItsCursor()
    {
        var (ann, team, other) = (cluster.Fresh("ann"), cluster.Fresh("team"), cluster.Fresh("other"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        JsonObject list;
        await using (var phone = await JsonClient.ConnectAsync(cluster.First, ann))
        {
            await JoinAsync(phone, team, "group");
            await JoinAsync(phone, other, "group");
            await JoinAsync(bob, team, "group");
            list = await phone.AskAsync(phone.Command("conversations"), "conversations");
            Assert.Equal(2, list["rooms"]!.AsArray().Count);
        }

        await bob.SendAsync(team, "hello");
        await using var back = await JsonClient.ConnectListingAsync(cluster.Second, ann, 10, (string?)list["cursor"]);
        var changes = await ListOfHelloAsync(back);
        Assert.Contains(changes["rooms"]!.AsArray(), room => (string?)room!["room"] == team && (string?)room["last"]!["text"] == "hello");
        Assert.Empty(changes["removed"]!.AsArray());
        Assert.Null(changes["reset"]);

        await JoinAsync(back, other, "group");
        await AskAsync(back, "leave", other, ("member", false));
        Assert.Equal([other], Names((await ChangesAsync(back, changes))["removed"]!));

        changes["cursor"] = "of another log.5";
        changes = await ChangesAsync(back, changes);
        Assert.True((bool)changes["reset"]!);
        Assert.Equal([team], changes["rooms"]!.AsArray().Select(room => (string?)room!["room"]));
    }

    [Fact]
    public async Task Invitation_WhenDeclined_LeavesTheList()
    {
        var bob = cluster.Fresh("bob");
        await using var owner = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        var group = (string)(await owner.AskAsync(owner.Command("create"), "joined"))["room"]!;
        await using var invited = await JsonClient.ConnectAsync(cluster.Second, bob);
        await InviteAsync();
        await invited.FrameAsync("the invitation", frame => (string?)frame["t"] == "invited");
        Assert.Equal([group], await ListAsync());

        Assert.Equal("ok", (string?)(await AskAsync(invited, "leave", group, ("member", false)))["t"]);

        await owner.FrameAsync("the event", frame => (string?)frame["t"] == "ev" && (string?)frame["kind"] == "leave" && (string?)frame["from"] == bob);
        Assert.Empty(await ListAsync());
        Assert.Equal("not_found", (string?)(await AskAsync(invited, "join", group))["code"]);

        // A new invitation sends an invited frame again, although Bob has declined the first one.
        await InviteAsync();
        await invited.FrameAsync("the second invitation", _ => invited.Frames.Count(frame => (string?)frame["t"] == "invited") == 2);
        Assert.Equal([group], await ListAsync());
        Assert.Equal("joined", (string?)(await AskAsync(invited, "join", group))["t"]);

        async Task InviteAsync() => Assert.Equal("ok", (string?)(await AskAsync(owner, "send", group, ("kind", "invite"), ("user", bob)))["t"]);

        async Task<IEnumerable<string?>> ListAsync() =>
            (await invited.AskAsync(invited.Command("conversations"), "conversations"))["rooms"]!.AsArray().Select(room => (string?)room!["room"]);
    }

    [Fact]
    public async Task Channel_WhenFollowed_IsListedWithItsUnreadMessages()
    {
        var channel = cluster.Fresh("news");
        await using var bob = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("bob"));
        await using var ann = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("ann"));
        Assert.Equal("not_found", (string?)(await AskAsync(ann, "conversation", channel, ("followed", true)))["code"]);
        await JoinAsync(bob, channel, "channel");
        await bob.SendAsync(channel, "one");

        await SetAsync(ann, channel, ("followed", true));

        await bob.SendAsync(channel, "two");
        var list = await ann.AskAsync(ann.Command("conversations"), "conversations");
        var row = Assert.Single(list["rooms"]!.AsArray())!;
        Assert.Equal((channel, "channel", 2, "two", true), ((string?)row["room"], (string?)row["kind"], (int)row["unread"]!, (string?)row["last"]!["text"], (bool)row["followed"]!));

        await SetAsync(ann, channel, ("followed", false));
        Assert.Equal([channel], Names((await ChangesAsync(ann, list))["removed"]!));
    }

    private static async Task<JsonObject> ListOfHelloAsync(JsonClient client)
    {
        var list = await client.FrameAsync("the list", frame => (string?)frame["t"] == "conversations");
        Assert.Null(list["id"]);
        return list;
    }

    private static Task<JsonObject> ChangesAsync(JsonClient client, JsonObject list)
    {
        var command = client.Command("conversations");
        command["since"] = (string)list["cursor"]!;
        return client.AskAsync(command, "conversations");
    }

    private static async Task SetAsync(JsonClient client, string room, params (string Name, JsonNode Value)[] settings)
    {
        var answer = await AskAsync(client, "conversation", room, settings);
        Assert.Equal(("ok", room), ((string?)answer["t"], (string?)answer["room"]));
    }

    private static Task<JsonObject> JoinAsync(JsonClient client, string room, string kind) => AskAsync(client, "join", room, ("kind", kind));

    private static Task<JsonObject> AskAsync(JsonClient client, string type, string room, params (string Name, JsonNode Value)[] fields)
    {
        var command = client.Command(type);
        command["room"] = room;
        foreach (var (name, value) in fields)
        {
            command[name] = value;
        }

        return client.AskAsync(command);
    }

    private static IEnumerable<string> Names(JsonNode rooms) => rooms.AsArray().Select(room => (string)room!);
}
