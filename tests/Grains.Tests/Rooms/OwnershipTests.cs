using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// What a room does if the log is down, if the log's answers are lost, or if another activation has claimed the room.
/// </summary>
public sealed class OwnershipTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("ownership");

    [Fact]
    public async Task Post_WhenTheLogIsDown_IsUnavailable()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        cluster.Log[_room].Away = true;

        var replies = await gateway.SendAsync(_room, Say("ann", "hello", "id-1"), Say("ann", "hello", "id-2"));

        Assert.All(replies, reply => Assert.True(reply is Refused { Reason: Refusal.Unavailable, RetryMs: > 0 }));
        Assert.Equal(1, (await cluster.Room(_room).WhoAsync("ann", 10)).Count);
        Assert.Equal(Refusal.Unavailable, (await cluster.History.PageAsync(_room, "ann", 0, 10)).Refusal);
        await Assert.ThrowsAsync<IOException>(() => cluster.History.ReadAsync(_room, 0, 10));
        await Assert.ThrowsAsync<IOException>(() => cluster.History.HeadsAsync([_room]));

        cluster.Log[_room].Away = false;
        Assert.Equal(1, (await gateway.PostAsync(_room, "ann", "hello", "id-1")).Seq);
        await gateway.UntilHeadAsync(_room, 1);
    }

    [Fact]
    public async Task Enter_WhenTheLogIsDown_IsUnavailable()
    {
        await using var gateway = await cluster.GatewayAsync();
        cluster.Log[_room].Away = true;

        Assert.True(await gateway.SendOneAsync(_room, new Enter("ann", RoomKind.Channel, null)) is Refused { Reason: Refusal.Unavailable, RetryMs: > 0 });
        await Assert.ThrowsAsync<IOException>(() => cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann"], default));

        cluster.Log[_room].Away = false;
        await gateway.EnterAsync(_room, "ann");
    }

    [Fact]
    public async Task Post_WhenItsAnswerWasLost_IsPublishedAfterTheNextClaim()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        cluster.Log[_room].LosesAnswers = true;

        Assert.True(await gateway.SendOneAsync(_room, Say("ann", "hello", "id-1")) is Refused { Reason: Refusal.Unavailable });
        cluster.Log[_room].LosesAnswers = false;
        var again = await gateway.PostAsync(_room, "ann", "hello", "id-1");

        Assert.Equal((1, true), (again.Seq, again.Duplicate));
        Assert.Equal(2, (await gateway.PostAsync(_room, "ann", "next")).Seq);
        await gateway.UntilHeadAsync(_room, 2);
        Assert.Equal([1L, 2], gateway.Sequences(_room));
    }

    [Fact]
    public async Task Post_WhenTheActivationIsFenced_CommitsNothing()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await gateway.PostAsync(_room, "ann", "before");
        await cluster.Log.ClaimAsync(_room, TestContext.Current.CancellationToken);

        var fenced = await gateway.SendAsync(_room, Say("ann", "hello", "id-1"), Say("ann", "more", "id-2"));

        Assert.All(fenced, reply => Assert.True(reply is Refused { Reason: Refusal.Unavailable, RetryMs: > 0 }));
        await gateway.UntilAsync<RoomMoved>(moved => moved.Room == _room);
        Assert.Equal([1L], gateway.Sequences(_room));

        var (head, _) = await cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann"], default);
        Assert.Equal((1L, 3L), (head.Seq, head.Claim));
        Assert.Equal(2, (await gateway.PostAsync(_room, "ann", "hello", "id-1")).Seq);
        await gateway.UntilHeadAsync(_room, 2);
    }

    [Fact]
    public async Task Enter_WhenTheActivationIsSuperseded_ReturnsTheLogsHead()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await gateway.PostAsync(_room, "ann", "before");
        await AppendElsewhereAsync(await ClaimElsewhereAsync());

        Assert.Equal(2, (await gateway.EnterAsync(_room, "bob")).Seq);
    }

    [Fact]
    public async Task Sync_WhenTheActivationIsSuperseded_DeactivatesIt()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await ClaimElsewhereAsync();

        await Assert.ThrowsAsync<IOException>(() => cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann"], default));

        await gateway.UntilAsync<RoomMoved>(moved => moved.Room == _room);
        Assert.Equal(3, (await cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann"], default)).Head.Claim);
    }

    [Fact]
    public async Task React_WhenOnlyTheLogHasTheMessage_Succeeds()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await AppendElsewhereAsync(claim: 1);

        Assert.Equal(2, Assert.IsType<Posted>(await gateway.SendOneAsync(_room, new Post("ann", "id-1", RoomEventKind.React, "+1", 1, null, null))).Seq);
    }

    [Fact]
    public async Task Post_WhenAnEarlierPostWillBeRetried_DoesNotOvertakeIt()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await gateway.SendOneAsync(_room, new Exit("ann", false));

        var replies = await cluster.Room(_room).HandleAsync(
            new RoomCommands(gateway.Id, [Say("ann", "one"), new Enter("ann", null, null), Say("ann", "two")], Claim: 77));

        Assert.Equal([Refusal.NotMember, null, Refusal.NotMember], replies.Replies.Select(reply => (reply as Refused)?.Reason));
    }

    private async Task<long> ClaimElsewhereAsync() => (await cluster.Log.ClaimAsync(_room, TestContext.Current.CancellationToken))!.Number;

    private async Task AppendElsewhereAsync(long claim)
    {
        var entry = new MessageLogEntry("cat", "id-0", 0, 1, RoomEventKind.Msg, "elsewhere", null, null, null);
        Assert.False((await cluster.Log.AppendAsync(new RoomAppend(_room, claim, [entry]), TestContext.Current.CancellationToken)).Fenced);
    }

    [Fact]
    public async Task RoomGrain_WhenMovedToAnotherSilo_LosesNothing()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        var first = await cluster.Room(_room).HandleAsync(new RoomCommands(gateway.Id, [Say("ann", "before")]));

        Assert.True(cluster.Silos.TryGetGrainContext(cluster.Room(_room).GetGrainId(), out var before));
        await cluster.Silos.MigrateAsync(
            cluster.Room(_room), cluster.Silos.Silos.Single(silo => !silo.SiloAddress.Equals(before.Address.SiloAddress)).SiloAddress);
        await gateway.UntilAsync<RoomMoved>(moved => moved.Room == _room);
        await cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann"], default);

        var second = await cluster.Room(_room).HandleAsync(new RoomCommands(gateway.Id, [Say("ann", "after")]));
        Assert.True(second.Claim > first.Claim);
        Assert.Equal(2, Assert.IsType<Posted>(second.Replies[0]).Seq);
        await gateway.UntilHeadAsync(_room, 2);
    }
}
