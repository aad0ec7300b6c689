using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>Pinned messages, slow mode and the list of a group's changes, for users on two gateways.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class ModerationTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Pin_WhenSentThroughOneGateway_ReachesTheOther()
    {
        var team = cluster.Fresh("team");
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        await JoinAsync(team, ann, bob);
        var (first, second) = (await SayAsync(ann, team, "rules"), await SayAsync(bob, team, "lunch at noon"));

        await ann.AskAsync(Send(ann, team, "pin", ("ref", second)), "ok");
        await ann.AskAsync(Send(ann, team, "pin", ("ref", first)), "ok");

        var pushed = await bob.FrameAsync("the pin", frame => (string?)frame["kind"] == "pin" && (long?)frame["ref"] == first);
        Assert.Equal((ann.User, null, null), ((string?)pushed["from"], pushed["text"], pushed["id"]));
        Assert.Equal($"{first} rules, {second} lunch at noon", await PinnedAsync(bob, team));

        await bob.AskAsync(Send(bob, team, "edit", ("ref", second), ("text", "lunch at one")), "ok");
        await ann.AskAsync(Send(ann, team, "unpin", ("ref", first)), "ok");
        Assert.Equal($"{second} lunch at one", await PinnedAsync(bob, team));
        await bob.AskAsync(Send(bob, team, "delete", ("ref", second)), "ok");
        Assert.Equal("", await PinnedAsync(bob, team));

        foreach (var (message, code) in new[] { (first, "not_found"), (second, "gone"), (1, "not_found") })
        {
            var refused = await ann.AskAsync(Send(ann, team, "unpin", ("ref", message)), "err");
            Assert.Equal((code, null), ((string?)refused["code"], refused["retry"]));
        }
    }

    [Fact]
    public async Task SlowMode_WhenAMemberUsesTwoGateways_HoldsOverBoth()
    {
        var team = cluster.Fresh("team");
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("bob"));
        await using var phone = await JsonClient.ConnectAsync(cluster.Second, bob.User);
        await JoinAsync(team, ann, bob, phone);
        await ann.AskAsync(Send(ann, team, "settings", ("settings", new JsonObject { ["slow"] = 3600 })), "ok");
        var joined = await phone.AskAsync(With(phone, "join", team), "joined");
        var message = Send(bob, team, "msg", ("text", "first"));
        var first = (long)(await bob.AskAsync(message, "ok"))["seq"]!;

        foreach (var client in new[] { bob, phone })
        {
            var refused = await client.AskAsync(Send(client, team, "msg", ("text", "second")), "err");
            Assert.Equal("rate_limited", (string?)refused["code"]);
            Assert.Contains("slow mode", (string?)refused["message"], StringComparison.Ordinal);
            Assert.InRange((int)refused["retry"]!, 3_000_000, 3_600_000);
            await client.AskAsync(Send(client, team, "react", ("ref", first), ("text", "👍")), "ok");
        }

        Assert.Equal(3600, (int)joined["settings"]!["slow"]!);
        var again = await bob.AskAsync(message, "ok");
        Assert.Equal((first, true), ((long)again["seq"]!, (bool)again["dup"]!));
        await SayAsync(ann, team, "one");
        await SayAsync(ann, team, "two");

        await ann.AskAsync(Send(ann, team, "settings", ("settings", new JsonObject())), "ok");
        await SayAsync(phone, team, "second");
    }

    [Fact]
    public async Task Changes_WhenACommandIsRepeated_HaveItOnce()
    {
        var team = cluster.Fresh("team");
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        await using var mod = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("mod"));
        await JoinAsync(team, ann, bob, mod);
        var message = await SayAsync(bob, team, "spam");
        await ann.AskAsync(Send(ann, team, "role", ("user", mod.User), ("role", "moderator")), "ok");
        await mod.AskAsync(Send(mod, team, "delete", ("ref", message)), "ok");
        var ban = Send(mod, team, "ban", ("user", bob.User));
        var seq = (long)(await mod.AskAsync(ban, "ok"))["seq"]!;

        Assert.Equal(seq, (long)(await mod.AskAsync(ban, "ok"))["seq"]!);

        foreach (var client in new[] { ann, mod })
        {
            var page = await client.AskAsync(With(client, "history", team, ("changes", true)), "page");
            Assert.Equal(
                $"role {ann.User} {mod.User}, delete {mod.User} , ban {mod.User} {bob.User}",
                string.Join(", ", page["events"]!.AsArray().Select(ev => $"{ev!["kind"]} {ev["from"]} {ev["user"]}")));
            var newest = await client.AskAsync(With(client, "history", team, ("changes", true), ("limit", 1)), "page");
            Assert.Equal((seq, true), ((long)newest["first"]!, (bool)newest["more"]!));
            var older = await client.AskAsync(With(client, "history", team, ("changes", true), ("before", seq), ("limit", 2)), "page");
            Assert.Equal((2, null), (older["events"]!.AsArray().Count, older["more"]));
        }
    }

    private static async Task<string> PinnedAsync(JsonClient client, string room)
    {
        var page = await client.AskAsync(With(client, "history", room, ("pinned", true)), "page");
        return string.Join(", ", page["events"]!.AsArray().Select(ev => $"{ev!["seq"]} {ev["text"]}"));
    }

    private static async Task JoinAsync(string room, params JsonClient[] clients)
    {
        foreach (var client in clients)
        {
            await client.AskAsync(With(client, "join", room, ("kind", "group")), "joined");
        }
    }

    private static async Task<long> SayAsync(JsonClient client, string room, string text) => (long)(await client.SendAsync(room, text))["seq"]!;

    private static JsonObject Send(JsonClient client, string room, string kind, params (string Name, JsonNode Value)[] fields) =>
        With(client, "send", room, [("kind", kind), .. fields]);

    private static JsonObject With(JsonClient client, string type, string room, params (string Name, JsonNode Value)[] fields)
    {
        var command = client.Command(type);
        command["room"] = room;
        foreach (var (name, value) in fields)
        {
            command[name] = value;
        }

        return command;
    }
}
