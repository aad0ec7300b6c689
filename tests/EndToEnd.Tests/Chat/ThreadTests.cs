using System.Diagnostics;
using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>The replies and the readers of messages, for users on two gateways.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class ThreadTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Thread_WhenUsersReplyOnTwoGateways_HasAllReplies()
    {
        var room = cluster.Fresh("room");
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        await ann.JoinAsync(room);
        await bob.JoinAsync(room);
        await ann.SendAsync(room, "shall we?");
        for (var i = 0; i < 3; i++)
        {
            await ReplyAsync(bob, room, 1, $"bob {i}");
            await ann.SendAsync(room, "something else");
            await ReplyAsync(ann, room, 1, $"ann {i}");
        }

        await ReplyAsync(ann, room, 2, "a reply to a reply");
        await bob.AskAsync(With(bob, "send", room, ("kind", "delete"), ("ref", 5)), "ok");

        // The replies to the first message are the events 2, 4, 5, 7, 8 and 10.
        foreach (var client in new[] { ann, bob })
        {
            var page = await client.AskAsync(With(client, "history", room), "page");
            Assert.Equal("1:5 2:1", string.Join(' ', page["events"]!.AsArray().Where(ev => ev!["replies"] is not null).Select(ev => $"{ev!["seq"]}:{ev["replies"]}")));
            Assert.DoesNotContain(client.Frames, frame => (string?)frame["t"] == "ev" && frame["replies"] is not null);

            Assert.Equal("2 4 5 7 8 10, 2 to 10, last", await ThreadAsync(client));
            Assert.Equal("8 10, 8 to 10, more", await ThreadAsync(client, ("limit", 2)));
            Assert.Equal("5 7, 5 to 7, more", await ThreadAsync(client, ("limit", 2), ("before", 8)));
            Assert.Equal("2 4, 2 to 4, last", await ThreadAsync(client, ("limit", 2), ("before", 5)));
            Assert.Equal("2 4, 2 to 4, more", await ThreadAsync(client, ("limit", 2), ("after", 0)));
            Assert.Equal("8 10, 8 to 10, last", await ThreadAsync(client, ("limit", 2), ("after", 7)));
            Assert.Equal(", 0 to 0, last", await ThreadAsync(client, ("after", 10)));
            Assert.Equal(", 0 to 0, last", await ThreadAsync(client, ("thread", 3)));
            Assert.Equal(", 0 to 0, last", await ThreadAsync(client, ("thread", 999)));

            var deleted = (await client.AskAsync(With(client, "history", room, ("thread", 1)), "page"))["events"]![2]!;
            Assert.Equal((5, 1, null), ((int)deleted["seq"]!, (int)deleted["reply"]!, deleted["text"]));
            var refused = await client.AskAsync(With(client, "history", room, ("thread", 1), ("around", 5)), "err");
            Assert.Equal("bad_request", (string?)refused["code"]);
        }

        async Task<string> ThreadAsync(JsonClient client, params (string Name, JsonNode Value)[] fields)
        {
            var page = await client.AskAsync(With(client, "history", room, [("thread", 1), .. fields]), "page");
            return $"{string.Join(' ', page["events"]!.AsArray().Select(ev => ev!["seq"]))}, {page["first"]} to {page["last"]}, {((bool?)page["more"] == true ? "more" : "last")}";
        }
    }

    [Fact]
    public async Task Readers_WhenMembersMarkOnTwoGateways_AreNamed()
    {
        var team = cluster.Fresh("team");
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        await using var cat = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("cat"));
        foreach (var client in new[] { ann, bob, cat })
        {
            await client.AskAsync(With(client, "join", team, ("kind", "group")), "joined");
        }

        var message = (long)(await ann.SendAsync(team, "read this"))["seq"]!;
        await MarkAsync(ann, team, message);
        await MarkAsync(bob, team, message);
        await MarkAsync(cat, team, message - 1);

        Assert.Equal([bob.User], await UntilReadersAsync(cat, team, message, 1));
        await MarkAsync(cat, team, message);
        Assert.Equal(new[] { bob.User, cat.User }.Order(StringComparer.Ordinal), await UntilReadersAsync(bob, team, message, 2));
        var answer = await ann.AskAsync(With(ann, "readers", team, ("ref", message)), "readers");
        Assert.Equal((team, message, null), ((string?)answer["room"], (long)answer["ref"]!, answer["more"]));

        foreach (var seq in new[] { 1, message + 1 })
        {
            var absent = await ann.AskAsync(With(ann, "readers", team, ("ref", seq)), "err");
            Assert.Equal(("not_found", "there is no such message in this room"), ((string?)absent["code"], (string?)absent["message"]));
        }

        await bob.AskAsync(With(bob, "leave", team, ("member", false)), "ok");
        Assert.Equal([cat.User], await UntilReadersAsync(ann, team, message, 1));

        var lobby = cluster.Fresh("lobby");
        await ann.JoinAsync(lobby);
        await ann.SendAsync(lobby, "hello");
        var refused = await ann.AskAsync(With(ann, "readers", lobby, ("ref", 1)), "err");
        Assert.Equal("forbidden", (string?)refused["code"]);
        Assert.Contains("a channel has no members", (string?)refused["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readers_WhenAStrangerOnlyReads_AreHidden()
    {
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        await using var eve = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("eve"));
        var (hers, his) = ($"@{bob.User}", $"@{ann.User}");
        Assert.Equal("not_found", (string?)(await ann.AskAsync(With(ann, "readers", hers, ("ref", 1)), "err"))["code"]);
        await ann.SendAsync(hers, "are you there?");
        await bob.EventsAsync(his, 1);
        await MarkAsync(bob, his, 1);

        // When the list of conversations has Bob's mark, the log has it.
        await UntilAsync("Bob's mark is stored", async () =>
            (int)(await bob.AskAsync(bob.Command("conversations"), "conversations"))["rooms"]!.AsArray().Single()!["read"]! == 1);
        Assert.Empty(await ReadersAsync(ann, hers, 1));
        Assert.Empty(await ReadersAsync(bob, his, 1));

        await bob.SendAsync(his, "yes");

        Assert.Equal([bob.User], await ReadersAsync(ann, hers, 1));
        Assert.Equal([bob.User], await ReadersAsync(bob, his, 1));
        Assert.Equal("not_found", (string?)(await eve.AskAsync(With(eve, "readers", hers, ("ref", 1)), "err"))["code"]);
    }

    private static async Task<string[]> ReadersAsync(JsonClient client, string room, long message) =>
        [.. (await client.AskAsync(With(client, "readers", room, ("ref", message)), "readers"))["users"]!.AsArray().Select(user => (string)user!)];

    private static async Task<string[]> UntilReadersAsync(JsonClient client, string room, long message, int count)
    {
        string[] users = [];
        await UntilAsync($"{count} users have read the message", async () => (users = await ReadersAsync(client, room, message)).Length == count);
        return users;
    }

    private static async Task UntilAsync(string awaited, Func<Task<bool>> condition)
    {
        for (var started = Stopwatch.GetTimestamp(); !await condition(); await Task.Delay(200, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10), $"After 10 s, this is still not true: {awaited}.");
        }
    }

    /// <summary>Moves the client's read mark. The server does not answer; the next command follows the mark.</summary>
    private static async Task MarkAsync(JsonClient client, string room, long read)
    {
        await client.SayAsync(With(client, "mark", room, ("read", read)));
        await client.AskAsync(client.Command("ping"), "pong");
    }

    private static Task<JsonObject> ReplyAsync(JsonClient client, string room, long message, string text) =>
        client.AskAsync(With(client, "send", room, ("text", text), ("reply", message)), "ok");

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
