using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Direct conversations: two people's, and nobody else's.</summary>
public sealed class DirectTests(ChatCluster cluster)
{
    private readonly string _ann = ChatCluster.Fresh("ann");
    private readonly string _bob = ChatCluster.Fresh("bob");

    private string Room => RoomKey.Direct(_ann, _bob);

    [Fact]
    public async Task Direct_ToAThirdPerson_IsClosedOnEveryPath()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.PostAsync(Room, _ann, "secret");

        var replies = await gateway.SendAsync(
            Room,
            new Enter("eve", RoomKind.Direct, null), Say("eve", "hi"), new MarkRead("eve", 1), new Exit("eve", true), About(1, "eve", RoomEventKind.React, "+1"));

        Assert.All(replies, reply => Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(reply).Reason));
        Assert.Equal(Refusal.Forbidden, (await cluster.Room(Room).WhoAsync("eve", 10)).Refusal);
        Assert.Equal(new HistoryPage([], 0, Refusal.Forbidden), await cluster.History.PageAsync(Room, "eve", 0, 10) with { Events = [] });

        await cluster.Room(Room).AttendAsync(gateway.Id, ["eve"], default);
        await cluster.Room(Room).TypingAsync("eve");
        await gateway.PostAsync(Room, _bob, "still secret");
        Assert.Equal(0, (await cluster.Room(Room).WhoAsync(_ann, 10)).Count);
        Assert.DoesNotContain(gateway.Items, item => item is RoomEvents or RoomTyping);
    }

    [Fact]
    public async Task Direct_WithAMalformedKey_IsNotFound()
    {
        await using var gateway = await cluster.GatewayAsync();

        var reply = await gateway.SendOneAsync("@3:ann9:b", new Enter("ann", RoomKind.Direct, null));

        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(reply).Reason);
        Assert.Equal(Refusal.NotFound, (await cluster.History.PageAsync("@3:ann9:b", "ann", 0, 10)).Refusal);
    }

    [Fact]
    public async Task Direct_FirstPostByEitherSide_MakesTheRoomWithoutAnEnter()
    {
        await using var gateway = await cluster.GatewayAsync();

        Assert.Equal(1, (await gateway.PostAsync(Room, _bob, "hello")).Seq);

        Assert.Equal(RoomKind.Direct, (await gateway.EnterAsync(Room, _ann, create: null)).Kind);
    }

    [Fact]
    public async Task Direct_APost_RingsEveryGatewayThatHoldsOneOfTheTwo()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await using var third = await cluster.GatewayAsync();
        await cluster.User(_ann).ConnectAsync(one.Id, new UserSession("a1", "phone"), 10);
        await cluster.User(_bob).ConnectAsync(other.Id, new UserSession("b1", "phone"), 10);
        await cluster.User(_bob).ConnectAsync(third.Id, new UserSession("b2", "laptop"), 10);

        await one.PostAsync(Room, _ann, "hello");

        await one.UntilAsync<UserRing>(ring => ring == new UserRing(_ann, Room, 1, 1));
        await other.UntilAsync<UserRing>(ring => ring == new UserRing(_bob, Room, 1, 1));
        await third.UntilAsync<UserRing>(ring => ring == new UserRing(_bob, Room, 1, 1));
    }

    [Fact]
    public async Task Direct_WithOneself_RingsOnce()
    {
        await using var gateway = await cluster.GatewayAsync();
        await cluster.User(_ann).ConnectAsync(gateway.Id, new UserSession("a1", null), 10);
        var notes = RoomKey.Direct(_ann, _ann);

        await gateway.PostAsync(notes, _ann, "remember");

        await gateway.UntilAsync<UserRing>(ring => ring.Room == notes);
        await gateway.PostAsync(notes, _ann, "again");
        await gateway.UntilAsync<UserRing>(ring => ring.To == 2);
        Assert.Equal(2, gateway.Items.OfType<UserRing>().Count());
    }
}
