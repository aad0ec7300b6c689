using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Pinned messages, through the grains.</summary>
public sealed class PinTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("pins");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pin_WhenItIsStored_IsInThePageAndIsPublished()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.SendAsync(_room, Say(_ann, "2"), Say(_ann, "3"), Say(_ann, "4"));

        var pin = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Pin(4, id: "pin")));
        await gateway.SendAsync(_room, Pin(2), Pin(3), About(2, _ann, RoomEventKind.Edit, "two"), Unpin(3, "unpin"));

        Assert.Equal("2 two, 4 4", await PinnedAsync(_room, _ann));
        await gateway.UntilHeadAsync(_room, pin.Seq);
        var happened = gateway.Items.OfType<RoomEvents>().SelectMany(item => item.Events).Single(one => one.Seq == pin.Seq);
        Assert.Equal((RoomEventKind.Pin, 4, null, null), (happened.Kind, happened.Ref, happened.Text, happened.Meta));

        // Repeated commands get their first answers, and change nothing.
        var again = await gateway.SendAsync(_room, Pin(4, id: "pin"), Unpin(3, "unpin"), Pin(3, id: "pin"));
        Assert.Equal((pin with { Duplicate = true }, true), (again[0], Assert.IsType<Posted>(again[1]).Duplicate));
        Assert.Equal(Refusal.Conflict, Assert.IsType<Refused>(again[2]).Reason);
        Assert.Equal(new Refused(Refusal.NotFound, "this message is not pinned"), await gateway.SendOneAsync(_room, Unpin(3)));
        Assert.Equal("2 two, 4 4", await PinnedAsync(_room, _ann));

        await cluster.Silos.DeactivateAsync(cluster.Room(_room));
        await gateway.SendOneAsync(_room, About(4, _ann, RoomEventKind.Delete));
        Assert.Equal("2 two", await PinnedAsync(_room, _ann));
    }

    [Fact]
    public async Task Pin_WhenTheMessageDoesNotFit_IsRefused()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.SendAsync(_room, Say(_ann, "2"), Say(_ann, "3"));
        await gateway.SendOneAsync(_room, About(2, _ann, RoomEventKind.Delete));

        foreach (var kind in new[] { RoomEventKind.Pin, RoomEventKind.Unpin })
        {
            foreach (var (message, expected) in new (long, Refusal)[] { (1, Refusal.NotFound), (99, Refusal.NotFound), (0, Refusal.NotFound), (2, Refusal.Gone) })
            {
                Assert.Equal(expected, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, About(message, _ann, kind))).Reason);
            }
        }
    }

    [Fact]
    public async Task Pin_WhenTheMessageIsDeletedMeanwhile_IsRefused()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.SendAsync(_room, Say(_ann, "2"));

        var replies = await WhileHeldAsync(gateway, About(2, _ann, RoomEventKind.Delete), Pin(2));

        Assert.IsType<Posted>(replies[0]);
        Assert.Equal(Refusal.Gone, Assert.IsType<Refused>(replies[1]).Reason);
        Assert.Equal("", await PinnedAsync(_room, _ann));
    }

    [Fact]
    public async Task Pin_WhenTheRightIsTakenMeanwhile_IsRefused()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, "bob");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Moderator));
        await gateway.PostAsync(_room, _ann, "4");

        var replies = await WhileHeldAsync(gateway, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Member), About(4, "bob", RoomEventKind.Pin));

        Assert.IsType<Posted>(replies[0]);
        Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(replies[1]).Reason);
    }

    [Fact]
    public async Task Command_WhenAPinWaitsInADirectRoom_NeedsItsRight()
    {
        await using var gateway = await cluster.GatewayAsync();
        var direct = RoomKey.Direct(_ann, "bob");
        await gateway.PostAsync(direct, _ann, "hers");
        await gateway.PostAsync(direct, "bob", "his");

        var replies = await gateway.WhileHeldAsync(
            direct, _ann, [About(1, "bob", RoomEventKind.Pin), About(1, "bob", RoomEventKind.Edit, "changed"), About(1, "bob", RoomEventKind.Delete),
            Change("bob", RoomEventKind.Kick, _ann), Title("bob", "mine"), Say("bob", "all") with { Mentions = MentionList.Everyone }, Say("bob", "last")]);

        Assert.IsType<Posted>(replies[0]);
        Assert.All(replies[1..^1], reply => Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(reply).Reason));
        Assert.IsType<Posted>(replies[^1]);
        Assert.Equal("hers", (await cluster.Log.ReadAsync(direct, new(0, 1), Ct))[0].Text);
    }

    [Fact]
    public async Task Command_WhenAPinWaitsInAChannel_NeedsItsRight()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        await gateway.PostAsync(_room, _ann, "hers");

        var replies = await WhileHeldAsync(
            gateway, Pin(1) with { Claimed = RoomAction.Moderate }, Say("stranger", "hello"), About(1, "stranger", RoomEventKind.Delete),
            About(1, "stranger", RoomEventKind.Pin), Title("stranger", "mine"));

        Assert.IsType<Posted>(replies[0]);
        Assert.All(replies[1..], reply => Assert.IsType<Refused>(reply));
    }

    [Fact]
    public async Task Pin_WhenThereAreFiftyPins_IsRoomFull()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        await gateway.SendAsync(_room, [.. Enumerable.Range(1, 52).Select(n => Say(_ann, $"{n}"))]);
        var claimed = (Post post) => post with { Claimed = RoomAction.Moderate };
        for (var i = 1; i < 50; i++)
        {
            Assert.IsType<Posted>(await gateway.SendOneAsync(_room, claimed(Pin(i))));
        }

        // The pins wait together, and each of them is decided right before its append.
        var replies = await WhileHeldAsync(gateway, claimed(Pin(50)), claimed(Pin(51)), claimed(Pin(1)), claimed(Unpin(7)), claimed(Pin(52)));

        Assert.Equal(new Refused(Refusal.RoomFull, "this room has 50 pinned messages already; unpin one first"), replies[1]);
        Assert.All(replies.Where((_, i) => i != 1), reply => Assert.IsType<Posted>(reply));
        Assert.Equal(50, (await cluster.Log.PinsAsync(_room, Ct)).Count);
    }

    [Fact]
    public async Task Pin_WhenTheRoomIsAChannel_NeedsAGrant()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann);
        await gateway.PostAsync(_room, _ann, "1");

        var replies = await gateway.SendAsync(
            _room, Pin(1), Pin(1) with { Claimed = RoomAction.Pin }, Pin(1) with { Claimed = RoomAction.Moderate },
            About(1, "stranger", RoomEventKind.Unpin) with { Claimed = RoomAction.Moderate });

        Assert.Equal(new Refused(Refusal.Forbidden, "this server does not allow you to do this in this room"), replies[0]);
        Assert.Equal(replies[0], replies[1]);
        Assert.IsType<Posted>(replies[2]);
        Assert.Equal(Refusal.NotMember, Assert.IsType<Refused>(replies[3]).Reason);
        Assert.Equal("1 1", await PinnedAsync(_room, "stranger"));
    }

    [Fact]
    public async Task Pin_WhenTheRoomIsDirect_IsAllowedToBoth()
    {
        await using var gateway = await cluster.GatewayAsync();
        var direct = RoomKey.Direct(_ann, "bob");
        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(await gateway.SendOneAsync(direct, Pin(1))).Reason);
        Assert.Equal("", await PinnedAsync(direct, _ann));
        await gateway.SendAsync(direct, Say(_ann, "1"), Say(_ann, "2"));

        Assert.IsType<Posted>(await gateway.SendOneAsync(direct, Pin(1)));
        Assert.IsType<Posted>(await gateway.SendOneAsync(direct, About(2, "bob", RoomEventKind.Pin)));
        Assert.IsType<Posted>(await gateway.SendOneAsync(direct, About(1, "bob", RoomEventKind.Unpin)));

        Assert.Equal("2 2", await PinnedAsync(direct, "bob"));
        Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(await gateway.SendOneAsync(direct, About(2, "eve", RoomEventKind.Unpin))).Reason);
        Assert.Equal("Forbidden", await PinnedAsync(direct, "eve"));
    }

    [Fact]
    public async Task Page_WhenPinnedMessagesAreLarge_IsBounded()
    {
        await using var gateway = await cluster.GatewayAsync();
        var direct = RoomKey.Direct(_ann, "bob");
        for (var seq = 1; seq <= 20; seq++)
        {
            await gateway.PostAsync(direct, _ann, new string('x', 16_000));
        }

        for (var seq = 1; seq <= 20; seq++)
        {
            await gateway.SendOneAsync(direct, Pin(seq));
        }

        var page = await cluster.History.PageAsync(new(direct, _ann, 0, 100, long.MaxValue, Of: PageOf.Pins), Ct);

        Assert.Equal((4, 20, true), (page.Events[0].Seq, page.Events[^1].Seq, page.More));
    }

    [Fact]
    public async Task Pin_WhenAnOldProcessRuns_WaitsForTheUpgrade()
    {
        await using var old = new SiloTestCluster();
        await old.InitializeAsync();
        old.Log.Version = LogVersion.First;
        await using var gateway = await old.GatewayAsync();
        var direct = RoomKey.Direct(_ann, "bob");
        await gateway.PostAsync(direct, _ann, "1");

        foreach (var kind in new[] { RoomEventKind.Pin, RoomEventKind.Unpin })
        {
            var reply = Assert.IsType<Refused>(await gateway.SendOneAsync(direct, About(1, _ann, kind)));
            Assert.Equal(Refusal.Unavailable, reply.Reason);
            Assert.NotNull(reply.RetryMs);
        }
    }

    private Post Pin(long message, string? id = null) => About(message, _ann, RoomEventKind.Pin, id: id);

    private Post Unpin(long message, string? id = null) => About(message, _ann, RoomEventKind.Unpin, id: id);

    private async Task<string> PinnedAsync(string room, string user)
    {
        var page = await cluster.History.PageAsync(new(room, user, 0, 100, long.MaxValue, Of: PageOf.Pins), Ct);
        return page.Refusal?.ToString() ?? string.Join(", ", page.Events.Select(pinned => $"{pinned.Seq} {pinned.Text}"));
    }

    /// <summary>Sends the commands in one call.</summary>
    private Task<RoomReply[]> WhileHeldAsync(TestGateway gateway, params RoomCommand[] commands) => gateway.WhileHeldAsync(_room, _ann, commands);
}
