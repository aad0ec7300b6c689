using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>The replies and the readers of messages, through the grains.</summary>
public sealed class ThreadTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("threads");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_WhenMessagesHaveReplies_CountsThem()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.SendAsync(_room, Say(_ann, "one"), Reply(2), Reply(2), Reply(3));
        await gateway.SendAsync(_room, About(4, _ann, RoomEventKind.Delete), About(2, _ann, RoomEventKind.Edit, "One"));
        var before = cluster.Log[_room].Calls;

        var page = await cluster.History.PageAsync(new(_room, _ann, 0, 10, 0), Ct);
        var calls = cluster.Log[_room].Calls - before;
        var thread = await cluster.History.PageAsync(new(_room, _ann, 0, 10, 0, Thread: 2), Ct);

        Assert.Equal([0, 1, 1, 0, 0, 0, 0], page.Events.Select(happened => happened.Replies));
        Assert.Equal(3, calls);
        Assert.Equal([(3, 1), (4, 0)], thread.Events.Select(happened => (happened.Seq, happened.Replies)));
        Assert.Null(thread.Events[1].Text);

        // The reads of feeds and of old gateways have no numbers.
        Assert.All(await cluster.History.ReadAsync(_room, 0, 10), happened => Assert.Equal(0, happened.Replies));
        Assert.All((await cluster.History.PageAsync(_room, _ann, 0, 10)).Events, happened => Assert.Equal(0, happened.Replies));

        // A page without messages needs no further read.
        before = cluster.Log[_room].Calls;
        Assert.Single((await cluster.History.PageAsync(new(_room, _ann, 6, 10, 0), Ct)).Events);
        Assert.Equal(2, cluster.Log[_room].Calls - before);
    }

    [Fact]
    public async Task Page_WhenTheCountFails_HasTheEventsWithoutNumbers()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        await gateway.SendAsync(_room, Say(_ann, "one"), Reply(1), Reply(2));
        cluster.Log[_room].CannotCountReplies = true;

        var page = await cluster.History.PageAsync(new(_room, _ann, 0, 10, 0), Ct);
        var thread = await cluster.History.PageAsync(new(_room, _ann, 0, 10, 0, Thread: 1), Ct);

        Assert.Equal([(1, 0), (2, 0), (3, 0)], page.Events.Select(happened => (happened.Seq, happened.Replies)));
        Assert.Equal((null, 3), (page.Refusal, page.Head));
        Assert.Equal([(2, 0)], thread.Events.Select(happened => (happened.Seq, happened.Replies)));
    }

    [Theory]
    [InlineData(0, 3, 0, "2 5 8", true)]
    [InlineData(5, 3, 0, "8 11 14", true)]
    [InlineData(20, 3, 0, "23 26 29", false)]
    [InlineData(29, 3, 0, "", false)]
    [InlineData(0, 3, long.MaxValue, "23 26 29", true)]
    [InlineData(0, 3, 11, "2 5 8", false)]
    [InlineData(0, 3, 12, "5 8 11", true)]
    [InlineData(0, 3, 1, "", false)]
    [InlineData(0, 0, 0, "2", true)]
    public async Task Thread_WhenPaged_SaysWhetherThereAreMore(long after, int limit, long whole, string expected, bool more)
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        await gateway.SendAsync(_room, [.. Enumerable.Range(1, 30).Select(seq => seq % 3 == 2 ? Reply(1) : Say(_ann, "other"))]);

        var page = await cluster.History.PageAsync(new(_room, _ann, after, limit, whole, Thread: 1), Ct);

        Assert.Equal(expected, string.Join(' ', page.Events.Select(happened => happened.Seq)));
        Assert.Equal((more, 30, null), (page.More, page.Head, page.Refusal));
    }

    [Fact]
    public async Task Thread_WhenItsRepliesAreLarge_IsBounded()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        await gateway.SendAsync(_room, [.. Enumerable.Range(0, 20).Select(_ => Reply(1, new string('x', 16_000)))]);

        var first = await cluster.History.PageAsync(new(_room, _ann, 0, 20, 0, Thread: 1), Ct);
        var last = await cluster.History.PageAsync(new(_room, _ann, 0, 20, long.MaxValue, Thread: 1), Ct);

        Assert.Equal((1, 17, true), (first.Events[0].Seq, first.Events[^1].Seq, first.More));
        Assert.Equal((4, 20, true), (last.Events[0].Seq, last.Events[^1].Seq, last.More));
    }

    [Fact]
    public async Task Thread_WhenTheUserMayNotRead_IsRefusedLikeHistory()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        var direct = RoomKey.Direct(_ann, "bob");

        Assert.Equal(Refusal.NotMember, (await ThreadAsync(_room, "bob")).Refusal);
        Assert.Equal(Refusal.NotFound, (await ThreadAsync("nowhere", "bob")).Refusal);
        Assert.Equal(Refusal.Forbidden, (await ThreadAsync(direct, "eve")).Refusal);
        Assert.Equal((0, null, 0), await ThreadAsync(direct, "bob") is var page ? (page.Events.Length, page.Refusal, page.Head) : default);
        cluster.Log[_room].Away = true;
        Assert.Equal(Refusal.Unavailable, (await ThreadAsync(_room, _ann)).Refusal);

        Task<HistoryPage> ThreadAsync(string room, string user) => cluster.History.PageAsync(new(room, user, 0, 10, 0, Thread: 1), Ct);
    }

    [Fact]
    public async Task Readers_WhenMarksReachTheMessage_AreNamedUpToTheBound()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        string[] members = [.. Enumerable.Range(0, 101).Select(n => $"member-{n:000}")];
        foreach (var some in members.Chunk(50))
        {
            await gateway.SendAsync(_room, [.. some.Select(user => new Enter(user, null, null))]);
        }

        var message = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Say(_ann, "hello"))).Seq;
        Assert.Equal((0, false, null), await ReadAsync("member-000", message) is var none ? (none.Users.Length, none.More, none.Refusal) : default);
        await cluster.Log.MarkAsync([.. members.SkipLast(1).Append(_ann).Select(user => new ReadMark(_room, user, message))], Ct);
        var hundred = await ReadAsync("member-000", message);
        await cluster.Log.MarkAsync([new(_room, members[^1], message)], Ct);
        var more = await ReadAsync("member-000", message);

        Assert.Equal(members.Take(100), hundred.Users);
        Assert.False(hundred.More);
        Assert.Equal(members.Take(100), more.Users);
        Assert.True(more.More);
        Assert.Equal("there is no such message in this room", (await ReadAsync(_ann, 1)).Refusal?.Message);
        Assert.Equal("there is no such message in this room", (await ReadAsync(_ann, message + 1)).Refusal?.Message);
        Assert.Equal(new(Refusal.NotMember, ""), (await ReadAsync("eve", message)).Refusal);
        cluster.Log[_room].Away = true;
        Assert.Equal(new(Refusal.Unavailable, ""), (await ReadAsync(_ann, message)).Refusal);

        Task<ReaderPage> ReadAsync(string user, long seq) => cluster.History.ReadersAsync(new(_room, user, seq));
    }

    [Fact]
    public async Task Readers_WhenTheRoomHasNone_AreRefused()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        await gateway.SendOneAsync(_room, Say(_ann, "hello"));

        var channel = (await cluster.History.ReadersAsync(new(_room, _ann, 1))).Refusal;
        cluster.Log[_room].RefusesName = true;

        Assert.Equal(Refusal.Forbidden, channel?.Reason);
        Assert.Contains("a channel has no members", channel!.Message, StringComparison.Ordinal);
        Assert.Equal(new(Refusal.NotFound, ""), (await cluster.History.ReadersAsync(new(_room, _ann, 1))).Refusal);
        Assert.Equal(new(Refusal.NotFound, ""), (await cluster.History.ReadersAsync(new("nowhere", _ann, 1))).Refusal);
    }

    [Fact]
    public async Task Readers_WhenOnePersonHasNotAnswered_AreHidden()
    {
        await using var gateway = await cluster.GatewayAsync();
        var direct = RoomKey.Direct(_ann, "bob");
        Assert.Equal(Refusal.NotFound, (await cluster.History.ReadersAsync(new(direct, _ann, 1))).Refusal?.Reason);
        await gateway.SendOneAsync(direct, Say(_ann, "hello?"));
        await cluster.Log.MarkAsync([new(direct, "bob", 1)], Ct);

        var before = await cluster.History.ReadersAsync(new(direct, _ann, 1));
        await gateway.SendOneAsync(direct, Say("bob", "hello"));
        var after = await cluster.History.ReadersAsync(new(direct, _ann, 1));

        Assert.Equal((0, null), (before.Users.Length, before.Refusal));
        Assert.Equal(["bob"], after.Users);
        Assert.Equal(new(Refusal.Forbidden, ""), (await cluster.History.ReadersAsync(new(direct, "eve", 1))).Refusal);
    }

    private Post Reply(long message, string text = "reply") => Say(_ann, text) with { Reply = message };
}
