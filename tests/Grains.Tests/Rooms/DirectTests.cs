using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Direct conversations: only their two users may use them.</summary>
public sealed class DirectTests(SiloTestCluster cluster)
{
    private readonly string _ann = SiloTestCluster.Fresh("ann");
    private readonly string _bob = SiloTestCluster.Fresh("bob");

    private string Room => RoomKey.Direct(_ann, _bob);

    [Fact]
    public async Task DirectRoom_WhenAThirdUserCalls_RefusesEveryCommand()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.PostAsync(Room, _ann, "secret");

        var replies = await gateway.SendAsync(
            Room,
            new Enter("eve", RoomKind.Direct, null), Say("eve", "hi"), new MarkRead("eve", 1), new Exit("eve", true), About(1, "eve", RoomEventKind.React, "+1"));

        Assert.All(replies, reply => Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(reply).Reason));
        Assert.Equal(Refusal.Forbidden, (await cluster.Room(Room).WhoAsync("eve", 10)).Refusal);
        Assert.Equal(new HistoryPage([], 0, Refusal.Forbidden), await cluster.History.PageAsync(Room, "eve", 0, 10) with { Events = [] });

        await cluster.Room(Room).SyncAttachmentsAsync(gateway.Id, ["eve"], default);
        await cluster.Room(Room).TypingAsync("eve");
        await gateway.PostAsync(Room, _bob, "still secret");
        Assert.Equal(0, (await cluster.Room(Room).WhoAsync(_ann, 10)).Count);
        Assert.DoesNotContain(gateway.Items, item => item is RoomEvents or RoomTyping);
    }

    [Fact]
    public async Task DirectRoom_WhenItsKeyIsMalformed_IsNotFound()
    {
        await using var gateway = await cluster.GatewayAsync();

        var reply = await gateway.SendOneAsync("@3:ann9:b", new Enter("ann", RoomKind.Direct, null));

        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(reply).Reason);
        Assert.Equal(Refusal.NotFound, (await cluster.History.PageAsync("@3:ann9:b", "ann", 0, 10)).Refusal);
    }

    [Fact]
    public async Task Post_WhenItIsTheFirstOfADirectRoom_CreatesTheRoom()
    {
        await using var gateway = await cluster.GatewayAsync();

        Assert.Equal(1, (await gateway.PostAsync(Room, _bob, "hello")).Seq);

        Assert.Equal(RoomKind.Direct, (await gateway.EnterAsync(Room, _ann, create: null)).Kind);
    }

    [Fact]
    public async Task Post_WhenTheRoomIsDirect_NotifiesEveryGatewayOfBothUsers()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await using var third = await cluster.GatewayAsync();
        await cluster.User(_ann).ConnectAsync(one.Id, new UserSession("a1", "phone"), 10);
        await cluster.User(_bob).ConnectAsync(other.Id, new UserSession("b1", "phone"), 10);
        await cluster.User(_bob).ConnectAsync(third.Id, new UserSession("b2", "laptop"), 10);

        await one.PostAsync(Room, _ann, "hello");

        await one.UntilAsync<UserNotification>(notification => notification == new UserNotification(_ann, Room, 1, 1));
        await other.UntilAsync<UserNotification>(notification => notification == new UserNotification(_bob, Room, 1, 1));
        await third.UntilAsync<UserNotification>(notification => notification == new UserNotification(_bob, Room, 1, 1));
    }

    [Fact]
    public async Task Post_WhenBothUsersAreTheSame_NotifiesOnce()
    {
        await using var gateway = await cluster.GatewayAsync();
        await cluster.User(_ann).ConnectAsync(gateway.Id, new UserSession("a1", null), 10);
        var notes = RoomKey.Direct(_ann, _ann);

        await gateway.PostAsync(notes, _ann, "remember");

        await gateway.UntilAsync<UserNotification>(notification => notification.Room == notes);
        await gateway.PostAsync(notes, _ann, "again");
        await gateway.UntilAsync<UserNotification>(notification => notification.To == 2);
        Assert.Equal(2, gateway.Items.OfType<UserNotification>().Count());
    }
}
