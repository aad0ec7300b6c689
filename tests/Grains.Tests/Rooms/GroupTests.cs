using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>The members of a group are stored durably, and each change of the members is an event.</summary>
public sealed class GroupTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("group");
    private readonly string _ann = SiloTestCluster.Fresh("ann");
    private readonly string _bob = SiloTestCluster.Fresh("bob");

    [Fact]
    public async Task Enter_WhenTwoGatewaysEnterANewUser_StoresOneJoin()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();

        var entered = await one.EnterAsync(_room, _ann, RoomKind.Group);
        var rig = cluster.Log[_room];
        rig.Hold();
        var entering = Task.WhenAll(one.EnterAsync(_room, _bob), other.EnterAsync(_room, _bob));
        await rig.Reached.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        // When the room answers this call, both enters have reached the room.
        await one.SendOneAsync(_room, new MarkRead(_ann, 0));
        rig.Release();
        var both = await entering;

        Assert.Equal((1L, 0L), (entered.Seq, entered.Messages));
        Assert.All(both, again => Assert.Equal(2, again.Seq));
        var page = await cluster.History.PageAsync(_room, _bob, 0, 10);
        Assert.Equal([(_ann, RoomEventKind.Join), (_bob, RoomEventKind.Join)], page.Events.Select(one => (one.From, one.Kind)));
    }

    [Fact]
    public async Task Membership_WhenTheRoomDeactivates_Persists()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await cluster.Silos.DeactivateAsync(cluster.Room(_room));

        Assert.Equal(2, (await gateway.PostAsync(_room, _ann, "a member may post without an enter")).Seq);
    }

    [Fact]
    public async Task Exit_WhenItEndsTheMembership_ClosesTheRoomToTheUser()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, _bob);

        Assert.IsType<Done>(await gateway.SendOneAsync(_room, new Exit(_bob, EndMembership: true)));

        Assert.Equal(Refusal.NotMember, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Say(_bob, "hello?"))).Reason);
        Assert.Equal(Refusal.NotMember, (await cluster.History.PageAsync(_room, _bob, 0, 10)).Refusal);
        Assert.Equal(Refusal.NotMember, (await cluster.Room(_room).WhoAsync(_bob, 10)).Refusal);
        await gateway.UntilHeadAsync(_room, 3);
        var page = await cluster.History.PageAsync(_room, _ann, -1, 10);
        Assert.Equal((_bob, RoomEventKind.Leave), (page.Events[0].From, page.Events[0].Kind));
    }

    [Fact]
    public async Task Leave_WhenTheUserIsAGatewaysLast_IsPublishedToIt()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.EnterAsync(_room, _ann, RoomKind.Group);
        await other.EnterAsync(_room, _ann, RoomKind.Group);

        await one.SendOneAsync(_room, new Exit(_ann, EndMembership: true, Stays: true)); // Ann has another subscription on this gateway.

        await one.UntilHeadAsync(_room, 2);
        await other.UntilHeadAsync(_room, 2);
    }

    [Fact]
    public async Task Post_WhenRepeatedAfterTheMembership_ReturnsTheFirstAnswer()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        var first = await gateway.PostAsync(_room, _ann, "hello", "id-1");
        await gateway.SendOneAsync(_room, new Exit(_ann, EndMembership: true));

        var again = await gateway.PostAsync(_room, _ann, "hello", "id-1");

        Assert.Equal((first.Seq, true), (again.Seq, again.Duplicate));
    }

    [Fact]
    public async Task Exit_WhenTheMembershipStays_StillAllowsPosts()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);

        await gateway.SendOneAsync(_room, new Exit(_ann, EndMembership: false));

        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, Say(_ann, "still a member")));
    }

    [Fact]
    public async Task Post_WhenAMemberIsNotAttached_NotifiesTheMember()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.EnterAsync(_room, _ann, RoomKind.Group);
        await other.EnterAsync(_room, _bob);
        await other.SendOneAsync(_room, new Exit(_bob, EndMembership: false));
        await cluster.User(_bob).ConnectAsync(other.Id, new UserSession("b1", null), 10);

        var posted = await one.PostAsync(_room, _ann, "hello");

        await other.UntilAsync<UserNotification>(notification => notification.User == _bob && notification.From <= posted.Seq && notification.To >= posted.Seq);
        Assert.DoesNotContain(posted.Seq, other.Sequences(_room));
    }

    [Fact]
    public async Task Post_WhenTheUserIsNoMember_IsRefused()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);

        Assert.Equal(Refusal.NotMember, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, Say("eve", "hi"))).Reason);
        Assert.Equal(Refusal.NotMember, Assert.IsType<Refused>(await gateway.SendOneAsync(_room, new MarkRead("eve", 1))).Reason);
    }
}
