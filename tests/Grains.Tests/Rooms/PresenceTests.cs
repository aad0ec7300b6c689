using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Which users are attached to a room, and the updates that the room publishes about them.</summary>
public sealed class PresenceTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("attendance");

    [Fact]
    public async Task Exit_WhenTheUserHasOtherSubscriptions_KeepsTheUserAttached()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");

        await gateway.SendOneAsync(_room, new Exit("ann", EndMembership: true, Stays: true));

        await gateway.PostAsync(_room, "ann", "still here");
        await gateway.UntilHeadAsync(_room, 1);
    }

    [Fact]
    public async Task Enter_WhenSeveralUsersEnterInOneCall_PublishesOneUpdate()
    {
        await using var gateway = await cluster.GatewayAsync();

        await gateway.SendAsync(_room, EnterAs("ann"), EnterAs("bob"), EnterAs("cat"));

        var update = await gateway.UntilAsync<RoomPresence>(_ => true);
        Assert.Equal(["ann", "bob", "cat"], update.Arrived.Order());
        Assert.Equal((0, 3), (update.Departed.Length, update.Count));
    }

    [Fact]
    public async Task Exit_WhenOthersAreAttached_PublishesTheUsersName()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.EnterAsync(_room, "ann");
        await other.EnterAsync(_room, "bob");
        await one.UntilAsync<RoomPresence>(update => update.Arrived.Contains("bob"));

        await other.SendOneAsync(_room, new Exit("bob", false));

        var update = await one.UntilAsync<RoomPresence>(update => update.Departed.Length > 0);
        Assert.Equal(["bob"], update.Departed);
        Assert.Equal(1, update.Count);
    }

    [Fact]
    public async Task Exit_WhenTheUserIsOnAnotherGatewayToo_PublishesNothing()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.EnterAsync(_room, "ann");
        Assert.Equal(1, (await other.EnterAsync(_room, "ann")).Count);

        await one.SendOneAsync(_room, new Exit("ann", false));
        await other.EnterAsync(_room, "bob");

        await other.UntilAsync<RoomPresence>(update => update.Arrived.Contains("bob"));
        Assert.DoesNotContain(other.Items.OfType<RoomPresence>(), update => update.Departed.Length > 0);
        Assert.Equal(["ann", "bob"], (await cluster.Room(_room).WhoAsync("ann", 10)).Users!.Order());
    }

    [Fact]
    public async Task Presence_WhenAUserEntersAndExitsAtOnce_PublishesNothing()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await gateway.UntilAsync<RoomPresence>(update => update.Arrived.Contains("ann"));

        // The room may publish Dan's arrival at once. It combines the later changes in one update, in which Bob's
        // arrival and departure cancel each other out.
        await gateway.SendAsync(_room, EnterAs("dan"), EnterAs("bob"), new Exit("bob", false), EnterAs("cat"));

        await gateway.UntilAsync<RoomPresence>(update => update.Arrived.Contains("cat"));
        Assert.DoesNotContain(gateway.Items.OfType<RoomPresence>(), update => update.Arrived.Contains("bob") || update.Departed.Contains("bob"));
    }

    [Fact]
    public async Task Enter_WhenTheRoomHasOver50Users_PublishesOnlyTheCount()
    {
        await using var gateway = await cluster.GatewayAsync();

        await gateway.SendAsync(_room, [.. Enumerable.Range(0, 60).Select(i => EnterAs($"user-{i}"))]);

        var update = await gateway.UntilAsync<RoomPresence>(_ => true);
        Assert.Equal((0, 0, 60), (update.Arrived.Length, update.Departed.Length, update.Count));
        var who = await cluster.Room(_room).WhoAsync("user-1", 50);
        Assert.Equal((60, true), (who.Count, who.Users is null));
    }

    [Fact]
    public async Task Sync_WhenCalled_ReplacesTheUsersOfItsGateway()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await one.SendAsync(_room, EnterAs("ann"), EnterAs("bob"));
        await other.EnterAsync(_room, "cat");
        await other.UntilAsync<RoomPresence>(update => update.Count == 3);

        await cluster.Room(_room).SyncAttachmentsAsync(one.Id, ["ann", "dan"], default);

        Assert.Equal(["ann", "cat", "dan"], (await cluster.Room(_room).WhoAsync("ann", 10)).Users!.Order());
        var update = await other.UntilAsync<RoomPresence>(update => update.Departed.Length > 0);
        Assert.Equal(["bob"], update.Departed);
    }

    [Fact]
    public async Task Call_WhenANewerCallOvertookIt_ChangesNothing()
    {
        await using var gateway = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await other.EnterAsync(_room, "cat");
        await CallAsync(gateway, 5, EnterAs("ann"));
        await CallAsync(gateway, 6, EnterAs("bob"));

        // Now three calls arrive that have lower numbers than call 6. The gateway has given up these calls, and made
        // newer calls instead.
        var exit = await CallAsync(gateway, 4, new Exit("ann", false));
        await cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann"], default, 5);
        var enter = await CallAsync(gateway, 3, EnterAs("dan"));

        Assert.All([exit, enter], reply => Assert.Equal(Refusal.Unavailable, Assert.IsType<Refused>(reply).Reason));
        Assert.Equal(["ann", "bob", "cat"], (await cluster.Room(_room).WhoAsync("ann", 10)).Users!.Order());

        await CallAsync(gateway, 7, new Exit("bob", false));
        await CallAsync(other, 1, EnterAs("eve"));
        Assert.Equal(["ann", "cat", "eve"], (await cluster.Room(_room).WhoAsync("ann", 10)).Users!.Order());
    }

    private async Task<RoomReply> CallAsync(TestGateway gateway, long number, RoomCommand command)
        => (await cluster.Room(_room).HandleAsync(new RoomCommands(gateway.Id, [command], Number: number))).Replies[0];

    [Fact]
    public async Task Sync_WhenTheActivationIsNew_PublishesNoArrivals()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(_room, EnterAs("ann"), EnterAs("bob"));
        await cluster.Silos.DeactivateAsync(cluster.Room(_room));
        await gateway.UntilAsync<RoomMoved>(moved => moved.Room == _room);
        var before = gateway.Items.Length;

        await cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann", "bob"], default);

        await gateway.UntilAsync("an update after the move", items => items.Skip(before).OfType<RoomPresence>().FirstOrDefault(last => last.Count == 2));
        Assert.All(gateway.Items.Skip(before).OfType<RoomPresence>(), update => Assert.Empty(update.Arrived));
    }

    [Fact]
    public async Task Sync_WhenTheGatewayMissedUpdates_ReturnsThem()
    {
        await using var gateway = await cluster.GatewayAsync();
        var ann = await gateway.EnterAsync(_room, "ann");
        await gateway.UntilAsync<RoomPresence>(update => update.Arrived.Contains("ann"));
        await gateway.EnterAsync(_room, "bob");
        var last = await gateway.UntilAsync<RoomPresence>(update => update.Arrived.Contains("bob"));
        Assert.Equal((ann.Presence.Activation, ann.Presence.Number + 2), (last.Version.Activation, last.Version.Number));

        var missed = (await cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann", "bob"], ann.Presence)).Missed;
        Assert.Equal(["ann", "bob"], missed.Select(update => update.Arrived.Single()));
        Assert.Empty((await cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann", "bob"], last.Version)).Missed);
        missed = (await cluster.Room(_room).SyncAttachmentsAsync(gateway.Id, ["ann", "bob"], last.Version with { Activation = 0 })).Missed;
        Assert.Equal(["ann", "bob"], missed.Select(update => update.Arrived.Single()));
    }

    [Fact]
    public async Task MarkRead_WhenMarksAreOutOfOrder_MovesOnlyForward()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        for (var i = 0; i < 5; i++)
        {
            await gateway.PostAsync(_room, "ann", $"{i}");
        }

        await gateway.SendAsync(_room, new MarkRead("ann", 3), new MarkRead("ann", 2), new MarkRead("ann", 99));
        await gateway.UntilAsync<RoomMark>(mark => mark == new RoomMark(_room, "ann", 5));

        Assert.Equal([3L, 5], gateway.Items.OfType<RoomMark>().Select(mark => mark.Read));
        await gateway.EnterAsync(_room, "bob");
        await gateway.PostAsync(_room, "bob", "new");
        var entered = await gateway.EnterAsync(_room, "ann");
        Assert.Equal((5L, 1L, 6L), (entered.Read, entered.Unread, entered.Messages));
    }

    [Fact]
    public async Task MarkRead_WhenTheRoomDeactivates_IsStored()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await gateway.PostAsync(_room, "ann", "hello");
        await gateway.SendAsync(_room, new MarkRead("ann", 1));

        await cluster.Silos.DeactivateAsync(cluster.Room(_room));

        Assert.Equal(1, (await gateway.EnterAsync(_room, "ann")).Read);
        await gateway.SendAsync(_room, new MarkRead("ann", 1));
        await gateway.PostAsync(_room, "ann", "after");
        await gateway.UntilHeadAsync(_room, 2);
        Assert.Single(gateway.Items.OfType<RoomMark>());
    }

    [Fact]
    public async Task Typing_WhenRepeatedOrFromAStranger_IsNotPublished()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.SendAsync(_room, EnterAs("ann"), EnterAs("bob"));

        await cluster.Room(_room).TypingAsync("eve");
        await cluster.Room(_room).TypingAsync("ann");
        await cluster.Room(_room).TypingAsync("ann");
        await cluster.Room(_room).TypingAsync("bob");

        await gateway.UntilAsync<RoomTyping>(typing => typing.User == "ann");
        await gateway.UntilAsync<RoomTyping>(typing => typing.User == "bob");
        Assert.Equal(["ann", "bob"], gateway.Items.OfType<RoomTyping>().Select(typing => typing.User).Order());
    }

    private static Enter EnterAs(string user) => new(user, RoomKind.Channel, null);
}
