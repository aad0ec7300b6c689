using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Invitation links of a private group: who makes, uses and ends them, and how many users may join.</summary>
public sealed class LinkTests(SiloTestCluster cluster)
{
    private const string Code = "the code of the link";
    private static readonly Refused NotFound = new(Refusal.NotFound, "there is no such room");

    private readonly string _room = SiloTestCluster.Fresh("~links");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Join_WhenTheLinkIsUsable_MakesAMemberAndNamesTheLink()
    {
        await using var gateway = await GroupAsync();
        var link = await LinkAsync(gateway, Link(_ann, Code));

        var entered = Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy("bob", Code)));

        Assert.Equal((RoomRole.Member, link + 1), (entered.Role, entered.Seq));
        var joined = Assert.Single(await EventsAsync(link));
        Assert.Equal((RoomEventKind.Join, "bob", link), (joined.Kind, joined.From, joined.Ref));
        await gateway.UntilHeadAsync(_room, joined.Seq);
    }

    [Fact]
    public async Task Join_WhenNoLinkIsNeeded_UsesNone()
    {
        await using var gateway = await GroupAsync();
        await LinkAsync(gateway, Link(_ann, Code, uses: 1));
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Invite, "bob"));

        Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy("bob", Code)));
        Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy("bob", "wrong")));
        Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy(_ann, Code)));

        Assert.Equal(0, Assert.Single(await cluster.Log.LinksAsync(_room, Ct)).Used);
        Assert.All(await EventsAsync(), happened => Assert.Null(happened.Ref));
    }

    [Fact]
    public async Task Join_WhenTheGroupIsOpen_IgnoresTheLink()
    {
        var open = SiloTestCluster.Fresh("links");
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(open, _ann, RoomKind.Group);

        Assert.IsType<Entered>(await gateway.SendOneAsync(open, EnterBy("bob", "wrong")));
        Assert.Equal(NotFound, await gateway.SendOneAsync(SiloTestCluster.Fresh("links"), EnterBy("bob", Code)));
    }

    [Fact]
    public async Task Join_WhenTheLinkIsNotUsable_IsLikeAnAbsentGroup()
    {
        await using var gateway = await GroupAsync();
        var ended = await LinkAsync(gateway, Link(_ann, "ended"));
        await gateway.SendAsync(_room, Unlink(_ann, ended), Link(_ann, "late", until: 1), Link(_ann, "once", uses: 1), Link(_ann, Code));
        await gateway.SendAsync(_room, EnterBy("bob", "once"), Change(_ann, RoomEventKind.Ban, "eve"));

        foreach (var enter in (Enter[])
            [EnterBy("cat", "wrong"), EnterBy("cat", "ended"), EnterBy("cat", "late"), EnterBy("cat", "once"), EnterBy("eve", Code),
                EnterBy("cat", Code) with { AsMember = true }])
        {
            Assert.Equal(NotFound, await gateway.SendOneAsync(_room, enter));
        }

        Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy("cat", Code)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LastUse_WhenTwoUsersTakeItAtOnce_IsTakenByOne(bool inOneBatch)
    {
        await using var gateway = await GroupAsync();
        await using var other = await cluster.GatewayAsync();
        await LinkAsync(gateway, Link(_ann, Code, uses: 1));

        var replies = inOneBatch
            ? await gateway.WhileHeldAsync(_room, _ann, [EnterBy("bob", Code)], [EnterBy("cat", Code)])
            : await Task.WhenAll(gateway.SendOneAsync(_room, EnterBy("bob", Code)), other.SendOneAsync(_room, EnterBy("cat", Code)));

        Assert.Single(replies.OfType<Entered>());
        Assert.Equal(NotFound, Assert.Single(replies.OfType<Refused>()));
        Assert.Single(await EventsAsync(), happened => happened.Ref is not null);
    }

    [Fact]
    public async Task Uses_WhenManyUsersJoinAtOnce_AreNeverExceeded()
    {
        const int Uses = 5, Users = 20;
        await using var gateway = await GroupAsync();
        var link = await LinkAsync(gateway, Link(_ann, Code, uses: Uses));

        var replies = await gateway.WhileHeldAsync(_room, _ann, [.. Enumerable.Range(0, Users).Select(i => (RoomCommand[])[EnterBy($"user-{i}", Code)])]);

        Assert.Equal(Uses, replies.OfType<Entered>().Count());
        Assert.Equal(Uses, (await EventsAsync()).Count(happened => happened is { Kind: RoomEventKind.Join } && happened.Ref == link));
        Assert.Equal(Uses, Assert.Single(await cluster.Log.LinksAsync(_room, Ct)).Used);
    }

    [Fact]
    public async Task LastUse_WhenTheActivationIsNew_IsNotGivenAgain()
    {
        await using var gateway = await GroupAsync();
        await LinkAsync(gateway, Link(_ann, Code, uses: 2));
        Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy("bob", Code)));
        await cluster.Silos.DeactivateAsync(cluster.Room(_room));

        var (second, third) = (await gateway.SendOneAsync(_room, EnterBy("cat", Code)), await gateway.SendOneAsync(_room, EnterBy("dan", Code)));
        await cluster.Silos.DeactivateAsync(cluster.Room(_room));

        Assert.IsType<Entered>(second);
        Assert.Equal(NotFound, third);
        Assert.Equal(NotFound, await gateway.SendOneAsync(_room, EnterBy("dan", Code)));
    }

    [Fact]
    public async Task LastUse_WhenItsAnswerWasLost_IsTheSameUsers()
    {
        await using var gateway = await GroupAsync();
        await LinkAsync(gateway, Link(_ann, Code, uses: 1));
        cluster.Log[_room].LosesAnswers = true;
        var lost = await gateway.SendOneAsync(_room, EnterBy("bob", Code));
        cluster.Log[_room].LosesAnswers = false;

        var other = await gateway.SendOneAsync(_room, EnterBy("cat", Code));
        var again = await gateway.SendOneAsync(_room, EnterBy("bob", Code));

        Assert.Equal(Refusal.Unavailable, Assert.IsType<Refused>(lost).Reason);
        Assert.True(other is Refused { Reason: Refusal.NotFound }, $"{other}");
        Assert.IsType<Entered>(again);
        Assert.Single(await EventsAsync(), happened => happened.Ref is not null);
    }

    [Fact]
    public async Task Join_WhenTheLinkEndsMeanwhile_IsRefused()
    {
        await using var gateway = await GroupAsync();
        var link = await LinkAsync(gateway, Link(_ann, Code));

        var replies = await gateway.WhileHeldAsync(_room, _ann, [Unlink(_ann, link), EnterBy("bob", Code)]);

        Assert.IsType<Posted>(replies[0]);
        Assert.Equal(NotFound, replies[1]);
    }

    [Fact]
    public async Task Link_WhenItsTimePasses_Ends()
    {
        await using var own = new SiloTestCluster();
        await own.InitializeAsync();
        await using var gateway = await own.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        var until = own.Time.GetUtcNow().AddMinutes(1).ToUnixTimeMilliseconds();
        await gateway.SendOneAsync(_room, Link(_ann, Code, until: until));
        Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy("bob", Code)));

        own.Time.Shift(TimeSpan.FromMinutes(1));

        Assert.Equal(NotFound, await gateway.SendOneAsync(_room, EnterBy("cat", Code)));
        Assert.False(await own.History.MayEnterAsync(_room, "cat", [LinkTerms.HashOf(Code)]));
        Assert.Single(await own.Log.LinksAsync(_room, Ct));

        // The next link takes the place of the ended one, and may have the same code.
        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Link(_ann, Code, uses: 1)));
        Assert.Equal(1, Assert.Single(await own.Log.LinksAsync(_room, Ct)).MaxUses);
        Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy("cat", Code)));
    }

    [Fact]
    public async Task Link_WhenRepeatedWithTheSameId_IsOneLink()
    {
        await using var gateway = await GroupAsync();
        var link = Link(_ann, Code, uses: 1, id: "link");
        var first = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, link));

        var again = await gateway.SendAsync(_room, link, Link(_ann, Code, uses: 2, id: "link"), Link(_ann, Code, id: "other"));
        Assert.IsType<Entered>(await gateway.SendOneAsync(_room, EnterBy("bob", Code)));
        var after = await gateway.SendOneAsync(_room, link);

        Assert.Equal(first with { Duplicate = true }, again[0]);
        Assert.Equal("this id was already sent with another body; use a new id", Assert.IsType<Refused>(again[1]).Message);
        Assert.Equal("a link of this group already has this code; make a new code", Assert.IsType<Refused>(again[2]).Message);
        Assert.Equal(first with { Duplicate = true }, after);
        Assert.Equal(1, Assert.Single(await cluster.Log.LinksAsync(_room, Ct)).Used);
    }

    [Fact]
    public async Task Link_WhenTheGroupHasTooMany_IsRefusedUntilOneEnds()
    {
        await using var gateway = await GroupAsync();
        await gateway.SendAsync(_room, [.. Enumerable.Range(0, LinkRules.MaxLinks).Select(i => Link(_ann, $"{i}"))]);

        var refused = await gateway.SendOneAsync(_room, Link(_ann, Code));
        var ended = await gateway.SendOneAsync(_room, Unlink(_ann, 2));

        Assert.Equal(Refusal.RoomFull, Assert.IsType<Refused>(refused).Reason);
        Assert.IsType<Posted>(ended);
        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Link(_ann, Code)));
        Assert.Equal(LinkRules.MaxLinks, (await cluster.Log.LinksAsync(_room, Ct)).Count);
    }

    [Fact]
    public async Task Unlink_WhenTheMakerHasLeft_IsUpToAModerator()
    {
        await using var gateway = await GroupAsync();
        await LinkAsync(gateway, Link(_ann, Code));
        await gateway.SendAsync(_room, EnterBy("bob", Code), EnterBy("cat", Code));
        var link = await LinkAsync(gateway, Link("bob", "of bob"));

        var other = await gateway.SendOneAsync(_room, Unlink("cat", link));
        await gateway.SendOneAsync(_room, new Exit("bob", EndMembership: true));
        var gone = await gateway.SendOneAsync(_room, Unlink("cat", link));
        var owner = await gateway.SendOneAsync(_room, Unlink(_ann, link));

        Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(other).Reason);
        Assert.Equal(other, gone);
        Assert.IsType<Posted>(owner);
        Assert.Equal("there is no such link in this group", Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Unlink(_ann, link))).Message);
    }

    [Theory]
    [InlineData(RoomEventKind.Link, "text", null, true)]
    [InlineData(RoomEventKind.Link, null, 1L, true)]
    [InlineData(RoomEventKind.Link, null, null, false)]
    [InlineData(RoomEventKind.Unlink, null, null, false)]
    [InlineData(RoomEventKind.Unlink, "text", 2L, false)]
    [InlineData(RoomEventKind.Unlink, null, 2L, true)]
    public async Task Link_WhenItsFieldsDoNotFit_IsRefused(RoomEventKind kind, string? text, long? reference, bool hasMeta)
    {
        await using var gateway = await GroupAsync();
        await LinkAsync(gateway, Link(_ann, Code));

        var reply = await gateway.SendOneAsync(
            _room, new Post(_ann, "id", kind, text, reference, null, hasMeta ? new LinkTerms(LinkTerms.HashOf("x")).ToMeta() : null));

        Assert.Contains(Assert.IsType<Refused>(reply).Reason, (Refusal[])[Refusal.Forbidden, Refusal.NotFound]);
    }

    [Fact]
    public async Task Link_WhenAnOldProcessRuns_WaitsForTheUpgrade()
    {
        await using var old = new SiloTestCluster();
        await old.InitializeAsync();
        old.Log.Version = LogVersion.First;
        await using var gateway = await old.GatewayAsync();
        await gateway.EnterAsync("team", _ann, RoomKind.Group);

        var reply = Assert.IsType<Refused>(await gateway.SendOneAsync("team", Link(_ann, Code)));

        Assert.Equal(Refusal.Unavailable, reply.Reason);
        Assert.NotNull(reply.RetryMs);
        Assert.Empty(await old.Log.LinksAsync("team", Ct));
    }

    private async Task<TestGateway> GroupAsync()
    {
        var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        return gateway;
    }

    private async Task<long> LinkAsync(TestGateway gateway, Post link) => Assert.IsType<Posted>(await gateway.SendOneAsync(_room, link)).Seq;

    private async Task<RoomEvent[]> EventsAsync(long after = 0) => (await cluster.History.PageAsync(_room, _ann, after, 200)).Events;
}
