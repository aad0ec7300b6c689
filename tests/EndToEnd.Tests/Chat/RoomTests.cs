using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>What the members of a room can rely on when they use different gateways.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class RoomTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Room_WhenMembersUseTwoGateways_DeliversAllInOneOrder()
    {
        const int Senders = 4, Members = 20, EachSends = 2500, InFlight = 32;
        var room = cluster.Fresh("busy");
        var members = new List<JsonClient>();
        try
        {
            for (var i = 0; i < Members; i++)
            {
                members.Add(await JsonClient.ConnectAsync(i % 2 == 0 ? cluster.First : cluster.Second, cluster.Fresh("member")));
                await members[^1].JoinAsync(room);
            }

            await Task.WhenAll(members.Take(Senders).Select(SendAllAsync));

            var logs = new List<IReadOnlyList<JsonObject>>();
            foreach (var member in members)
            {
                logs.Add(await member.EventsAsync(room, Senders * EachSends));
            }

            var told = logs[0].Select(Told).ToArray();
            Assert.Equal(Enumerable.Range(1, Senders * EachSends).Select(seq => (long)seq), logs[0].Select(Seq));
            Assert.All(logs, log => Assert.Equal(told, log.Select(Told)));
            foreach (var sender in members.Take(Senders))
            {
                var own = logs[0].Where(ev => (string?)ev["from"] == sender.User).Select(ev => (string)ev["text"]!);
                Assert.Equal(Enumerable.Range(1, EachSends).Select(n => $"{n}"), own);
            }
        }
        finally
        {
            await Task.WhenAll(members.Select(member => member.DisposeAsync().AsTask()));
        }

        async Task SendAllAsync(JsonClient sender)
        {
            // Send in order. At most InFlight sends wait for their answers at a time.
            var answers = new Queue<Task<JsonObject>>();
            for (var n = 1; n <= EachSends; n++)
            {
                if (answers.Count == InFlight)
                {
                    await answers.Dequeue();
                }

                answers.Enqueue(sender.SendAsync(room, $"{n}", $"{n}"));
            }

            await Task.WhenAll(answers);
        }
    }

    [Fact]
    public async Task Send_WhenTheIdRepeatsOnTheOtherGateway_ReturnsTheFirstSequence()
    {
        var room = cluster.Fresh("room");
        var user = cluster.Fresh("ann");
        await using var here = await JsonClient.ConnectAsync(cluster.First, user);
        await using var there = await JsonClient.ConnectAsync(cluster.Second, user);
        await here.JoinAsync(room);
        await there.JoinAsync(room);

        var first = await here.SendAsync(room, "once", "key");
        var again = await there.SendAsync(room, "once", "key");

        Assert.Equal(Seq(first), Seq(again));
        Assert.True((bool)again["dup"]!);
        var next = await here.SendAsync(room, "next", "another key");
        Assert.Equal(Seq(first) + 1, Seq(next));
    }

    [Fact]
    public async Task Resume_WhenOnTheOtherGateway_DeliversExactlyTheMissedEvents()
    {
        var room = cluster.Fresh("room");
        var reader = cluster.Fresh("reader");
        await using var writer = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("writer"));
        await writer.JoinAsync(room);

        var before = await JsonClient.ConnectAsync(cluster.First, reader);
        var joined = await before.JoinAsync(room);
        await writer.SendAsync(room, "seen");
        await before.EventsAsync(room, 1);
        before.Abort();
        await before.DisposeAsync();
        for (var i = 0; i < 150; i++)
        {
            await writer.SendAsync(room, $"missed {i}");
        }

        await using var after = await JsonClient.ConnectAsync(cluster.Second, reader, (room, 1, (string)joined["epoch"]!));
        await writer.SendAsync(room, "live");

        var events = await after.EventsAsync(room, 152);
        Assert.Equal(Enumerable.Range(2, 151).Select(seq => (long)seq), events.Select(Seq));
        Assert.Equal("live", (string?)events[^1]["text"]);
        Assert.DoesNotContain(after.Frames, frame => (string?)frame["t"] == "gap");
    }

    [Fact]
    public async Task Resume_WhenMoreWasMissedThanTheLimit_NamesTheGap()
    {
        var room = cluster.Fresh("room");
        await using var writer = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("writer"));
        var joined = await writer.JoinAsync(room);
        await Task.WhenAll(Enumerable.Range(1, 700).Select(i => writer.SendAsync(room, $"{i}")));

        await using var reader = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("reader"), (room, 100, (string)joined["epoch"]!));
        var pushed = await reader.EventsAsync(room, 700);

        var gap = await reader.FrameAsync("the gap", frame => (string?)frame["t"] == "gap");
        Assert.Equal((101L, 200L), ((long)gap["from"]!, (long)gap["to"]!));
        Assert.Equal(Enumerable.Range(201, 500).Select(seq => (long)seq), pushed.Select(Seq));
        var history = reader.Command("history");
        (history["room"], history["after"], history["limit"]) = (room, 100, 100);
        var page = await reader.AskAsync(history, "page");
        Assert.Equal(Enumerable.Range(101, 100).Select(seq => (long)seq), page["events"]!.AsArray().Select(ev => (long)ev!["seq"]!));
    }

    [Fact]
    public async Task Who_WhenUsersAreOnTwoGateways_CountsThemAll()
    {
        var room = cluster.Fresh("room");
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        await ann.JoinAsync(room);
        await bob.JoinAsync(room);
        await ann.FrameAsync("the presence of bob", frame => IsPresence(frame, bob.User, online: true));

        var who = ann.Command("who");
        who["room"] = room;
        var answer = await ann.AskAsync(who, "who");
        Assert.Equal(2, (int)answer["count"]!);
        Assert.Equal(new[] { ann.User, bob.User }.Order(), answer["users"]!.AsArray().Select(user => (string)user!).Order());

        bob.Abort();
        await bob.DisposeAsync();

        await ann.FrameAsync("the absence of bob", frame => IsPresence(frame, bob.User, online: false));
    }

    private static bool IsPresence(JsonObject frame, string user, bool online) =>
        (string?)frame["t"] == "presence" && (string?)frame["user"] == user && (bool?)frame["online"] == online;

    private static long Seq(JsonObject frame) => (long)frame["seq"]!;

    private static (long Seq, string From, string Text) Told(JsonObject ev) => (Seq(ev), (string)ev["from"]!, (string)ev["text"]!);
}
