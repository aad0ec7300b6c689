using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Edits, deletions and reactions: events that refer to a message.</summary>
public sealed class ReferringTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("referring");

    [Fact]
    public async Task Edit_WhenFromAnotherUser_IsForbidden()
    {
        await using var gateway = await RoomOfTwoAsync();

        var replies = await gateway.SendAsync(
            _room, About(1, "bob", RoomEventKind.Edit, "mine now"), About(1, "bob", RoomEventKind.Delete), About(1, "bob", RoomEventKind.React, "+1"));

        Assert.Equal(Refusal.Forbidden, Reason(replies[0]));
        Assert.Equal(Refusal.Forbidden, Reason(replies[1]));
        Assert.IsType<Posted>(replies[2]);
    }

    [Fact]
    public async Task Edit_WhenTheTargetIsNoMessage_IsNotFound()
    {
        await using var gateway = await RoomOfTwoAsync();
        await gateway.SendOneAsync(_room, About(1, "bob", RoomEventKind.React, "+1"));

        var replies = await gateway.SendAsync(
            _room,
            About(2, "bob", RoomEventKind.Edit, "a reaction is not a message"),
            About(99, "ann", RoomEventKind.Edit, "not yet"),
            About(0, "ann", RoomEventKind.Edit, "never"),
            new Post("ann", "id", RoomEventKind.Edit, "of what?", null, null, null));

        Assert.All(replies, reply => Assert.Equal(Refusal.NotFound, Reason(reply)));
    }

    [Fact]
    public async Task Edit_WhenTheMessageIsDeleted_IsRefused()
    {
        await using var gateway = await RoomOfTwoAsync();
        Assert.IsType<Posted>(await gateway.SendOneAsync(_room, About(1, "ann", RoomEventKind.Delete)));

        Assert.Equal(Refusal.Gone, Reason(await gateway.SendOneAsync(_room, About(1, "ann", RoomEventKind.Edit, "back"))));
    }

    [Fact]
    public async Task Edit_WhenTheDeleteIsInTheSameCall_IsRefused()
    {
        await using var gateway = await RoomOfTwoAsync();

        var replies = await gateway.SendAsync(
            _room, About(1, "ann", RoomEventKind.Delete), About(1, "ann", RoomEventKind.Edit, "back"), Say("ann", "next"));

        Assert.IsType<Posted>(replies[0]);
        Assert.Equal(Refusal.Gone, Reason(replies[1]));
        Assert.Equal(3, Assert.IsType<Posted>(replies[2]).Seq);
    }

    [Fact]
    public async Task Edit_WhenTheDeleteIsStillCommitting_IsRefused()
    {
        await using var gateway = await RoomOfTwoAsync();
        var rig = cluster.Log[_room];
        rig.Hold();
        var deleting = gateway.SendOneAsync(_room, About(1, "ann", RoomEventKind.Delete));
        await rig.Reached.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        var editing = gateway.SendOneAsync(_room, About(1, "ann", RoomEventKind.Edit, "back"));
        await gateway.SendOneAsync(_room, new MarkRead("ann", 0));

        rig.Release();

        Assert.IsType<Posted>(await deleting);
        Assert.Equal(Refusal.Gone, Reason(await editing));
    }

    [Fact]
    public async Task Delete_WhenRepeated_ReturnsTheFirstAnswer()
    {
        await using var gateway = await RoomOfTwoAsync();
        var delete = About(1, "ann", RoomEventKind.Delete);
        var first = Assert.IsType<Posted>(await gateway.SendOneAsync(_room, delete));

        Assert.Equal(first with { Duplicate = true }, await gateway.SendOneAsync(_room, delete));
        Assert.Equal(Refusal.Conflict, Reason(await gateway.SendOneAsync(_room, delete with { Meta = "{}" })));
        Assert.Equal(Refusal.Gone, Reason(await gateway.SendOneAsync(_room, delete with { ClientId = "another" })));
    }

    [Fact]
    public async Task Edit_WhenTheRoomHasMoved_ChecksTheAuthorAndTheDeletion()
    {
        await using var gateway = await RoomOfTwoAsync();
        await gateway.PostAsync(_room, "ann", "second");
        await gateway.SendOneAsync(_room, About(1, "ann", RoomEventKind.Delete));
        await cluster.Silos.DeactivateAsync(cluster.Room(_room));
        await gateway.EnterAsync(_room, "ann");
        await gateway.EnterAsync(_room, "bob");

        var replies = await gateway.SendAsync(
            _room, About(1, "ann", RoomEventKind.Edit, "back"), About(2, "bob", RoomEventKind.Edit, "mine"), About(2, "ann", RoomEventKind.Edit, "better"));

        Assert.Equal(Refusal.Gone, Reason(replies[0]));
        Assert.Equal(Refusal.Forbidden, Reason(replies[1]));
        Assert.IsType<Posted>(replies[2]);
    }

    [Fact]
    public async Task Post_WhenItIsAMembershipEvent_IsForbidden()
    {
        await using var gateway = await RoomOfTwoAsync();

        Assert.Equal(Refusal.Forbidden, Reason(await gateway.SendOneAsync(_room, About(1, "ann", RoomEventKind.Join))));
    }

    private static Refusal Reason(RoomReply reply) => Assert.IsType<Refused>(reply).Reason;

    private async Task<TestGateway> RoomOfTwoAsync()
    {
        var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await gateway.EnterAsync(_room, "bob");
        await gateway.PostAsync(_room, "ann", "hello");
        return gateway;
    }
}
