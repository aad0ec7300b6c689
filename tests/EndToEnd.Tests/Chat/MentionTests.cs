using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>Mentions in messages, and the counts that a user gets in the list and on joining.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class MentionTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Mention_WhenOnTheOtherGateway_ArrivesAndIsCounted()
    {
        var (ann, bob, team) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using var sender = await JsonClient.ConnectAsync(cluster.First, bob);
        await using var reader = await JsonClient.ConnectAsync(cluster.Second, ann);
        await AskAsync(sender, "join", team, ("kind", "group"));
        await AskAsync(reader, "join", team, ("kind", "group"));

        var first = await SayAsync(sender, team, ann, "stranger");
        var second = await SayAsync(sender, team, "@everyone", ann, ann);
        await SayAsync(sender, team, bob);
        await SayAsync(reader, team, ann, bob);

        var arrived = await reader.FrameAsync("the mention", frame => (string?)frame["t"] == "ev" && (long)frame["seq"]! == second);
        Assert.Equal(["@everyone", ann], Names(arrived["mentions"]));
        Assert.Equal((3, 2), await CountsAsync(reader, team));
        Assert.Equal((1, 1), await CountsAsync(sender, team));

        // A new connection gets the same counts on joining, and the mentions in history.
        await using var phone = await JsonClient.ConnectAsync(cluster.First, ann);
        var joined = await AskAsync(phone, "join", team);
        Assert.Equal((3, 2, null), ((int)joined["unread"]!, (int)joined["mentions"]!, joined["unread_more"]));
        var page = await AskAsync(phone, "history", team);
        Assert.Equal(
            [$"{ann} stranger", $"@everyone {ann}", bob, $"{ann} {bob}"],
            page["events"]!.AsArray().Where(one => one!["mentions"] is not null).Select(one => string.Join(' ', Names(one!["mentions"]))));

        // A deletion lowers the counts, and erases the mentions.
        await AskAsync(sender, "send", team, ("kind", "delete"), ("ref", first));
        Assert.Equal((2, 1), await CountsAsync(reader, team));
        page = await AskAsync(phone, "history", team, ("after", first - 1), ("limit", 1));
        Assert.Null(Assert.Single(page["events"]!.AsArray())!["mentions"]);

        await AskAsync(sender, "send", team, ("kind", "edit"), ("ref", second), ("text", "edited"));
        Assert.Equal((2, 1), await CountsAsync(reader, team));

        // The mark clears them. The list may show the old mark for a second.
        var mark = reader.Command("mark");
        (mark["room"], mark["read"]) = (team, second);
        await reader.SayAsync(mark);
        for (var tries = 0; await CountsAsync(reader, team) != (1, 0) && tries < 50; tries++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal((1, 0), await CountsAsync(reader, team));
        Assert.Equal((second, 1, null), await JoinedAsync(phone, team));
    }

    [Fact]
    public async Task Mention_WhenInTheFirstDirectMessage_IsCounted()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var sender = await JsonClient.ConnectAsync(cluster.First, bob);
        await SayAsync(sender, $"@{ann}", ann);

        await using var reader = await JsonClient.ConnectAsync(cluster.Second, ann);

        Assert.Equal((1, 1), await CountsAsync(reader, $"@{bob}"));
        var refused = await AskAsync(reader, "send", $"@{bob}", ("text", "hi"), ("mentions", new JsonArray("@everyone")));
        Assert.Equal("forbidden", (string?)refused["code"]);
        Assert.Contains("does not work in a direct conversation", (string?)refused["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everyone_WhenInAChannelWithoutAGrant_IsForbidden()
    {
        var lobby = cluster.Fresh("lobby");
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await AskAsync(ann, "join", lobby);

        var refused = await AskAsync(ann, "send", lobby, ("text", "hi"), ("mentions", new JsonArray("bob", "@everyone")));

        Assert.Equal("forbidden", (string?)refused["code"]);
        Assert.Contains("right to moderate", (string?)refused["message"], StringComparison.Ordinal);
        Assert.Equal("ok", (string?)(await AskAsync(ann, "send", lobby, ("text", "hi"), ("mentions", new JsonArray("bob"))))["t"]);
    }

    private static async Task<long> SayAsync(JsonClient client, string room, params string[] mentions)
    {
        var answer = await AskAsync(client, "send", room, ("text", "hello"), ("mentions", new JsonArray([.. mentions.Select(name => (JsonNode)name)])));
        Assert.Equal("ok", (string?)answer["t"]);
        return (long)answer["seq"]!;
    }

    /// <summary>The counts of a room in the user's list.</summary>
    private static async Task<(int Unread, int Mentions)> CountsAsync(JsonClient client, string room)
    {
        var list = await client.AskAsync(client.Command("conversations"), "conversations");
        var row = list["rooms"]!.AsArray().Single(one => (string?)one!["room"] == room)!;
        return ((int)row["unread"]!, (int?)row["mentions"] ?? 0);
    }

    private static async Task<(long Read, int Unread, int? Mentions)> JoinedAsync(JsonClient client, string room)
    {
        var joined = await AskAsync(client, "join", room);
        return ((long)joined["read"]!, (int)joined["unread"]!, (int?)joined["mentions"]);
    }

    private static IEnumerable<string> Names(JsonNode? mentions) => mentions!.AsArray().Select(name => (string)name!);

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
}
