using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Actions that a user's token grants, on a cluster without an authorizer.</summary>
public sealed class ClaimTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("~claims");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JoinClaim_WhenAnOutsiderHasIt_AdmitsOnlyThatUser()
    {
        await using var gateway = await GroupAsync();

        var mayEnter = (await cluster.History.MayEnterAsync(_room, "bob", [], RoomAction.Join), await cluster.History.MayEnterAsync(_room, "bob", []));
        var refused = await gateway.SendOneAsync(_room, new Enter("bob", null, null));
        var entered = await gateway.SendOneAsync(_room, new Enter("bob", null, null) { Claimed = RoomAction.Join });

        Assert.Equal((true, false), mayEnter);
        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(refused).Reason);
        Assert.Equal(RoomRole.Member, Assert.IsType<Entered>(entered).Role);
        Assert.False(await cluster.History.MayEnterAsync(SiloTestCluster.Fresh("~absent"), "bob", [], RoomAction.Join));
    }

    [Fact]
    public async Task ReadClaim_WhenAnOutsiderHasIt_ReadsWithoutMembership()
    {
        await using var gateway = await GroupAsync();

        var entered = Assert.IsType<Entered>(await gateway.SendOneAsync(_room, new Enter("bob", null, null, AsMember: true) { Claimed = RoomAction.Read }));
        var posted = await gateway.SendOneAsync(_room, Say("bob", "hello") with { Claimed = RoomAction.Read | RoomAction.Write });
        var page = await cluster.History.PageAsync(new(_room, "bob", 0, 10, 0, RoomAction.Read), Ct);
        var members = await cluster.History.MembersAsync(new(_room, "bob", "", 10, RoomAction.Read));
        var who = await cluster.History.WhoAsync(_room, "bob", 10, RoomAction.Read);

        Assert.Equal(RoomRole.None, entered.Role);
        Assert.Equal(new Refused(Refusal.NotMember, "join the room first"), posted);
        Assert.Equal((1, null), (page.Events.Length, page.Refusal));
        Assert.Equal([_ann], members.Members.Select(member => member.User));
        Assert.Equal(2, who.Count);
        Assert.Equal(Refusal.NotFound, (await cluster.History.PageAsync(new(_room, "bob", 0, 10, 0), Ct)).Refusal);
    }

    [Fact]
    public async Task Reader_WhenTheRoomMoves_StaysAttachedByTheClaim()
    {
        await using var gateway = await GroupAsync();
        await gateway.SendOneAsync(_room, new Enter("bob", null, null) { Claimed = RoomAction.Read });
        await cluster.Silos.DeactivateAsync(cluster.Room(_room));

        await cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, [_ann, "bob", "eve"], default, 0, [RoomAction.None, RoomAction.Read, RoomAction.Write]);

        Assert.Equal([_ann, "bob"], (await cluster.Room(_room).WhoAsync(_ann, 10)).Users!.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Reader_WhenTheRoomClaimsAgain_StaysAttached()
    {
        await using var gateway = await GroupAsync();
        await gateway.SendOneAsync(_room, new Enter("bob", null, null) { Claimed = RoomAction.Read });
        cluster.Log[_room].LosesAnswers = true;
        await gateway.SendOneAsync(_room, Say(_ann, "lost"));
        cluster.Log[_room].LosesAnswers = false;

        await gateway.PostAsync(_room, _ann, "again");

        Assert.Equal([_ann, "bob"], (await cluster.Room(_room).WhoAsync(_ann, 10)).Users!.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Reader_WhenBanned_IsDetachedAndReadsNothing()
    {
        await using var gateway = await GroupAsync();
        var enter = new Enter("bob", null, null, AsMember: true) { Claimed = RoomAction.Read | RoomAction.Join };
        await gateway.SendOneAsync(_room, enter);

        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Ban, "bob"));

        Assert.Equal([_ann], (await cluster.Room(_room).WhoAsync(_ann, 10)).Users!);
        Assert.Equal(new Refused(Refusal.NotFound, "there is no such room"), await gateway.SendOneAsync(_room, enter));
        Assert.Equal(new Refused(Refusal.NotFound, "there is no such room"), await gateway.SendOneAsync(_room, enter with { AsMember = false }));
        Assert.Equal(Refusal.NotFound, (await cluster.History.PageAsync(new(_room, "bob", 0, 10, 0, RoomAction.Read), Ct)).Refusal);
        Assert.False(await cluster.History.MayEnterAsync(_room, "bob", [], RoomAction.Read | RoomAction.Join));
    }

    [Fact]
    public async Task ModerateClaim_WhenAMemberHasIt_ActsAsAModerator()
    {
        await using var gateway = await GroupAsync();
        await gateway.SendOneAsync(_room, new Enter("bob", null, null) { Claimed = RoomAction.Join });
        await gateway.SendOneAsync(_room, new Enter("cat", null, null) { Claimed = RoomAction.Join });

        var plain = await gateway.SendOneAsync(_room, Change("bob", RoomEventKind.Kick, "cat"));
        var kicked = await gateway.SendOneAsync(_room, Change("bob", RoomEventKind.Kick, "cat") with { Claimed = RoomAction.Moderate });
        var owner = await gateway.SendOneAsync(_room, Change("bob", RoomEventKind.Kick, _ann) with { Claimed = RoomAction.Moderate });
        var title = await gateway.SendOneAsync(_room, Title("bob", "Plans") with { Claimed = RoomAction.Manage });

        Assert.Equal("this group does not allow your role to do this", Assert.IsType<Refused>(plain).Message);
        Assert.IsType<Posted>(kicked);
        Assert.Equal("you may do this only to a user of a lower role", Assert.IsType<Refused>(owner).Message);
        Assert.IsType<Posted>(title);
    }

    [Fact]
    public async Task ModerateClaim_WhenInAChannel_DeletesOnlyMessages()
    {
        await using var gateway = await cluster.GatewayAsync();
        var room = SiloTestCluster.Fresh("channel");
        await gateway.SendAsync(room, new Enter(_ann, RoomKind.Channel, null), new Enter("bob", null, null));
        var message = await gateway.PostAsync(room, _ann, "hello");

        var plain = await gateway.SendOneAsync(room, About(message.Seq, "bob", RoomEventKind.Delete));
        var deleted = await gateway.SendOneAsync(room, About(message.Seq, "bob", RoomEventKind.Delete) with { Claimed = RoomAction.Moderate });
        var kicked = await gateway.SendOneAsync(room, Change("bob", RoomEventKind.Kick, _ann) with { Claimed = RoomAction.Moderate });

        Assert.Equal("you may not change another user's message", Assert.IsType<Refused>(plain).Message);
        Assert.IsType<Posted>(deleted);
        Assert.Equal("this works only in groups", Assert.IsType<Refused>(kicked).Message);
    }

    private async Task<TestGateway> GroupAsync()
    {
        var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        return gateway;
    }
}
