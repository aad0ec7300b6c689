using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// Rights that change while commands wait. Each command gets the answer that it would get if the earlier commands were
/// already committed.
/// </summary>
public sealed class RightsOrderTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("order");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    [Theory]
    [InlineData(RoomEventKind.Kick, Refusal.NotMember)]
    [InlineData(RoomEventKind.Ban, Refusal.NotMember)]
    [InlineData(RoomEventKind.Mute, Refusal.Muted)]
    public async Task Message_WhenItsSenderLosesTheRight_IsRefused(RoomEventKind kind, Refusal expected)
    {
        await using var gateway = await GroupAsync("bob");
        var known = await gateway.PostAsync(_room, "bob", "first", "first");

        var replies = await WhileHeldAsync(
            gateway, Say("bob", "before"), Change(_ann, kind, "bob"), Say("bob", "after"), Say("bob", "first", "first"), Say(_ann, "next"));

        Assert.Equal(Seq(replies[0]) + 1, Seq(replies[1]));
        Assert.Equal(expected, Assert.IsType<Refused>(replies[2]).Reason);
        Assert.Equal(known with { Duplicate = true }, replies[3]);
        Assert.Equal(Seq(replies[1]) + 1, Seq(replies[4]));
    }

    [Fact]
    public async Task RoleChange_WhenItsSenderIsDemoted_IsRefused()
    {
        await using var gateway = await GroupAsync("bob", "cat");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Owner));

        var replies = await WhileHeldAsync(
            gateway, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Member), Change("bob", RoomEventKind.Role, "cat", RoomRole.Owner));

        Assert.IsType<Posted>(replies[0]);
        Assert.Equal("only owners may change roles", Assert.IsType<Refused>(replies[1]).Message);
    }

    [Fact]
    public async Task Delete_WhenTheModeratorIsDemoted_IsRefused()
    {
        await using var gateway = await GroupAsync("bob");
        var message = await gateway.PostAsync(_room, _ann, "hello");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Moderator));

        var replies = await WhileHeldAsync(
            gateway, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Member), About(message.Seq, "bob", RoomEventKind.Delete));

        Assert.IsType<Posted>(replies[0]);
        Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(replies[1]).Reason);
    }

    [Fact]
    public async Task Changes_WhenInOneCall_SeeEachOther()
    {
        await using var gateway = await GroupAsync("bob");

        var replies = await gateway.SendAsync(
            _room,
            Change(_ann, RoomEventKind.Mute, "bob"), Change(_ann, RoomEventKind.Unmute, "bob"), Change(_ann, RoomEventKind.Unmute, "bob"),
            Change(_ann, RoomEventKind.Role, "bob", RoomRole.Moderator), Title("bob", "Plans"),
            Change("bob", RoomEventKind.Kick, "bob"), Change(_ann, RoomEventKind.Kick, "bob"), Say("bob", "hello"));

        Assert.Equal([3L, 4, 5, 6, 7], replies.OfType<Posted>().Select(posted => posted.Seq));
        Assert.Equal([(2, Refusal.NotFound), (5, Refusal.Forbidden), (7, Refusal.NotMember)], replies.Index()
            .Where(reply => reply.Item is Refused).Select(reply => (reply.Index, ((Refused)reply.Item).Reason)));
    }

    [Fact]
    public async Task Join_WhenTheUserIsBannedMeanwhile_IsRefused()
    {
        await using var gateway = await GroupAsync("bob");

        var replies = await WhileHeldAsync(gateway, Change(_ann, RoomEventKind.Ban, "eve"), new Enter("eve", null, null));

        Assert.IsType<Posted>(replies[0]);
        Assert.Equal("you are banned from this room", Assert.IsType<Refused>(replies[1]).Message);
        Assert.DoesNotContain("eve", (await cluster.Room(_room).WhoAsync(_ann, 10)).Users!);
    }

    [Fact]
    public async Task Leave_WhenBothOwnersLeaveAtOnce_KeepsOne()
    {
        await using var gateway = await GroupAsync("bob", "cat");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "bob", RoomRole.Owner));

        var replies = await WhileHeldAsync(gateway, new Exit(_ann, EndMembership: true), new Exit("bob", EndMembership: true));

        Assert.IsType<Done>(replies[0]);
        Assert.Equal("make another member an owner first", Assert.IsType<Refused>(replies[1]).Message);
        var page = await cluster.History.MembersAsync(new(_room, "cat", "", 10));
        Assert.Equal([new Member("bob", RoomRole.Owner), new Member("cat", RoomRole.Member)], page.Members);
    }

    [Fact]
    public async Task Leave_WhenTheUserIsKickedMeanwhile_MakesNoSecondEvent()
    {
        await using var gateway = await GroupAsync("bob");

        var replies = await WhileHeldAsync(gateway, Change(_ann, RoomEventKind.Kick, "bob"), new Exit("bob", EndMembership: true));

        Assert.IsType<Done>(replies[1]);
        var page = await cluster.History.PageAsync(_room, _ann, Seq(replies[0]) - 1, 10);
        Assert.Equal([RoomEventKind.Kick], page.Events.Select(one => one.Kind));
    }

    private static long Seq(RoomReply reply) => Assert.IsType<Posted>(reply).Seq;

    /// <summary>Sends each command in a call of its own.</summary>
    private Task<RoomReply[]> WhileHeldAsync(TestGateway gateway, params RoomCommand[] commands) =>
        gateway.WhileHeldAsync(_room, _ann, [.. commands.Select(command => (RoomCommand[])[command])]);

    private async Task<TestGateway> GroupAsync(params string[] members)
    {
        var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        foreach (var member in members)
        {
            await gateway.EnterAsync(_room, member);
        }

        return gateway;
    }
}
