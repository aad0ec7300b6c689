using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>Blocks between users, and reports of messages, for users on two gateways.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class BlockTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Block_WhenUsersAreOnTwoGateways_HoldsOnBoth()
    {
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var phone = await JsonClient.ConnectAsync(cluster.Second, ann.User);
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        var (toBob, toAnn) = ($"@{bob.User}", $"@{ann.User}");
        await ann.SendAsync(toBob, "hello");
        await bob.SendAsync(toAnn, "hi");
        await ann.JoinAsync(toBob);
        await bob.JoinAsync(toAnn);

        await phone.AskAsync(With(phone, "block", ("user", bob.User)), "ok");
        var refused = await bob.AskAsync(With(bob, "send", ("room", toAnn), ("text", "please")), "err");
        var edit = await bob.AskAsync(With(bob, "send", ("room", toAnn), ("kind", "edit"), ("ref", 2), ("text", "please")), "err");
        var own = await ann.AskAsync(With(ann, "send", ("room", toBob), ("text", "well")), "err");
        foreach (var client in (JsonClient[])[ann, bob])
        {
            await client.FrameAsync("the absence of ann", frame => IsPresence(frame, ann.User, online: false));
            await client.FrameAsync("the absence of bob", frame => IsPresence(frame, bob.User, online: false));
        }

        var (annSees, bobSees) = (await WhoAsync(ann, toBob), await WhoAsync(bob, toAnn));
        await bob.SayAsync(With(bob, "typing", ("room", toAnn)));
        var page = await bob.AskAsync(With(bob, "history", ("room", toAnn)), "page");
        var list = await ann.AskAsync(With(ann, "blocks"), "blocks");

        Assert.Equal(("forbidden", "this user does not accept your messages"), ((string?)refused["code"], (string?)refused["message"]));
        Assert.Equal("forbidden", (string?)edit["code"]);
        Assert.Equal(("forbidden", "you have blocked this user; unblock the user first"), ((string?)own["code"], (string?)own["message"]));
        Assert.Equal([ann.User], annSees);
        Assert.Equal([bob.User], bobSees);
        Assert.Equal(2, page["events"]!.AsArray().Count);
        Assert.Equal([bob.User], list["users"]!.AsArray().Select(user => (string)user!));

        // The block also holds in groups.
        var team = cluster.Fresh("team");
        await bob.AskAsync(With(bob, "join", ("room", team), ("kind", "group")), "joined");
        var invitation = await bob.AskAsync(With(bob, "send", ("room", team), ("kind", "invite"), ("user", ann.User)), "err");
        Assert.Equal("this user does not accept invitations from you", (string?)invitation["message"]);
        await ann.JoinAsync(team);
        await bob.AskAsync(With(bob, "send", ("room", team), ("text", "hey"), ("mentions", new JsonArray(ann.User, "@everyone"))), "ok");
        var seen = await ann.FrameAsync("the message", frame => (string?)frame["t"] == "ev" && (string?)frame["text"] == "hey");
        Assert.Equal("""["@everyone"]""", seen["mentions"]!.ToJsonString());

        var before = bob.Frames.Count;
        await ann.AskAsync(With(ann, "unblock", ("user", bob.User)), "ok");
        await bob.FrameAsync("the presence of ann", frame => IsPresence(frame, ann.User, online: true), before);
        Assert.Equal(3, (int)(await bob.SendAsync(toAnn, "please"))["seq"]!);
        await ann.EventsAsync(toBob, 3);
        Assert.DoesNotContain(ann.Frames, frame => (string?)frame["t"] == "typing");
    }

    [Fact]
    public async Task Block_WhenTheOtherHasNotWritten_RefusesTheFirstMessage()
    {
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        await ann.AskAsync(With(ann, "block", ("user", bob.User)), "ok");
        await ann.AskAsync(With(ann, "block", ("user", bob.User)), "ok");

        var refused = await bob.AskAsync(With(bob, "send", ("room", $"@{ann.User}"), ("text", "buy this")), "err");
        var self = await ann.AskAsync(With(ann, "block", ("user", ann.User)), "err");
        var hostile = await ann.AskAsync(With(ann, "block", ("user", "@bob")), "err");
        var list = await ann.AskAsync(With(ann, "conversations"), "conversations");

        Assert.Equal("forbidden", (string?)refused["code"]);
        Assert.Equal("bad_request", (string?)self["code"]);
        Assert.Equal("bad_request", (string?)hostile["code"]);
        Assert.Empty(list["rooms"]!.AsArray());
        await ann.AskAsync(With(ann, "unblock", ("user", bob.User)), "ok");
        Assert.Equal(1, (int)(await bob.SendAsync($"@{ann.User}", "hello"))["seq"]!);
    }

    [Fact]
    public async Task Report_WhenMadeOnOneGateway_IsDismissedOnTheOther()
    {
        var team = cluster.Fresh("team");
        await using var owner = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("owner"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        await owner.AskAsync(With(owner, "join", ("room", team), ("kind", "group")), "joined");
        await bob.JoinAsync(team);
        var message = (long)(await owner.SendAsync(team, "rude words"))["seq"]!;
        var spam = (long)(await bob.SendAsync(team, "spam"))["seq"]!;

        await bob.AskAsync(With(bob, "report", ("room", team), ("ref", message), ("text", "é 😀")), "ok");
        await owner.AskAsync(With(owner, "report", ("room", team), ("ref", spam)), "ok");
        await owner.AskAsync(With(owner, "report", ("room", team), ("ref", spam), ("text", "again")), "ok");
        var tooLong = await bob.AskAsync(With(bob, "report", ("room", team), ("ref", message), ("text", new string('x', 501))), "err");
        var refused = await bob.AskAsync(With(bob, "reports", ("room", team)), "err");

        Assert.Equal($"{spam} {bob.User} {owner.User}  {message} {owner.User} {bob.User} é 😀", await ReportsAsync());
        Assert.Equal("too_large", (string?)tooLong["code"]);
        Assert.Equal("forbidden", (string?)refused["code"]);
        await owner.AskAsync(With(owner, "dismiss", ("room", team), ("ref", message)), "ok");
        await bob.AskAsync(With(bob, "send", ("room", team), ("kind", "delete"), ("ref", spam)), "ok");
        Assert.Equal("", await ReportsAsync());
        Assert.Equal("gone", (string?)(await owner.AskAsync(With(owner, "report", ("room", team), ("ref", spam)), "err"))["code"]);

        async Task<string> ReportsAsync() => string.Join(
            ' ', (await owner.AskAsync(With(owner, "reports", ("room", team)), "reports"))["reports"]!.AsArray()
                .Select(report => $"{report!["ref"]} {report["from"]} {report["user"]} {report["text"]}"));
    }

    private static JsonObject With(JsonClient client, string type, params (string Name, JsonNode Value)[] fields)
    {
        var command = client.Command(type);
        foreach (var (name, value) in fields)
        {
            command[name] = value;
        }

        return command;
    }

    private static async Task<string[]> WhoAsync(JsonClient client, string room)
    {
        var who = await client.AskAsync(With(client, "who", ("room", room)), "who");
        return [.. who["users"]!.AsArray().Select(user => (string)user!)];
    }

    private static bool IsPresence(JsonObject frame, string user, bool online) =>
        (string?)frame["t"] == "presence" && (string?)frame["user"] == user && (bool?)frame["online"] == online;
}
