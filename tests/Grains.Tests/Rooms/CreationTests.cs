using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Tests.Cluster;
using OrleansChat.Grains.Users;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>Which calls create a room, which user's budget pays for the room, and which calls create no room.</summary>
public sealed class CreationTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("room");
    private readonly string _ann = SiloTestCluster.Fresh("ann");
    private readonly string _bob = SiloTestCluster.Fresh("bob");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Direct => RoomKey.Direct(_ann, _bob);

    [Theory]
    [InlineData(RoomKind.Channel)]
    [InlineData(RoomKind.Group)]
    [InlineData(null)]
    public async Task Resume_WhenTheRoomIsAbsent_CreatesNothing(RoomKind? create)
    {
        await using var gateway = await cluster.GatewayAsync();

        var reply = await gateway.SendOneAsync(_room, new Enter(_ann, create, null, AsMember: true));

        var refused = Assert.IsType<Refused>(reply);
        Assert.Equal((Refusal.NotFound, null), (refused.Reason, refused.RetryMs));
        Assert.Empty(await cluster.Log.HeadsAsync([_room], Ct));
    }

    [Fact]
    public async Task DirectRoom_WhenItHasNoMessage_StoresNothing()
    {
        await using var gateway = await cluster.GatewayAsync();

        var replies = await gateway.SendAsync(
            Direct,
            new Enter(_ann, RoomKind.Direct, null), new Enter(_bob, null, null, AsMember: true), new MarkRead(_ann, 3),
            new Post(_ann, "e", RoomEventKind.Edit, "x", 1, null, null), new Exit(_ann, true));

        Assert.Equal(new Entered(RoomKind.Direct, UncreatedRoom.Epoch, 0, 0, 0, 0, 0), replies[0]);
        Assert.Equal(replies[0], replies[1]);
        Assert.Equal(new Done(), replies[2]);
        Assert.Equal(Refusal.NotFound, Assert.IsType<Refused>(replies[3]).Reason);
        Assert.Equal(new Done(), replies[4]);
        var who = await cluster.History.WhoAsync(Direct, _ann, 10);
        Assert.Equal((0, 0, null), (who.Count, who.Users!.Length, who.Refusal));
        var page = await cluster.History.PageAsync(Direct, _bob, -10, 10);
        Assert.Equal((0, 0L, null), (page.Events.Length, page.Head, page.Refusal));
        Assert.Empty(await cluster.Log.HeadsAsync([Direct], Ct));
    }

    [Fact]
    public async Task DirectRoom_WhenItsFirstMessageArrives_IsCreatedWithBothUsers()
    {
        await using var gateway = await cluster.GatewayAsync();
        var creations = cluster.Log.Creations;

        var replies = await gateway.SendAsync(Direct, new Enter(_ann, RoomKind.Direct, null), Say(_ann, "hello"), Say(_bob, "hi"));

        Assert.Equal([1, 2], replies.Skip(1).Select(reply => Assert.IsType<Posted>(reply).Seq));
        Assert.Equal(new[] { _ann, _bob }.Order(StringComparer.Ordinal), (await cluster.Log.MembersAsync(Direct, Ct)).Select(member => member.User));
        Assert.True(cluster.Log.Creations > creations);
        var entered = await gateway.EnterAsync(Direct, _bob, create: null);
        Assert.Equal((2L, 1), (entered.Seq, entered.Count));
        Assert.NotEqual(UncreatedRoom.Epoch, entered.Epoch);
    }

    [Fact]
    public async Task DirectRoom_WhenTheFirstAnswerIsLost_HasTheMessageOnce()
    {
        await using var gateway = await cluster.GatewayAsync();
        cluster.Log[Direct].LosesAnswers = true;
        var say = Say(_ann, "hello");
        Assert.Equal(Refusal.Unavailable, Assert.IsType<Refused>(await gateway.SendOneAsync(Direct, say)).Reason);

        cluster.Log[Direct].LosesAnswers = false;

        Assert.Equal(1, Assert.IsType<Posted>(await gateway.SendOneAsync(Direct, say)).Seq);
        Assert.Single(await cluster.Log.ReadAsync(Direct, new MessageLogRange(0, 10, EventBytes.Page), Ct));
    }

    [Fact]
    public async Task DirectRoom_WhenTheStoreRefusesOneOfSeveral_StoresTheOthers()
    {
        await using var gateway = await cluster.GatewayAsync();
        cluster.Log[Direct].Refused = "poison";

        var replies = await gateway.SendAsync(Direct, Say(_ann, "poison"), Say(_ann, "one"), Say(_bob, "poison"), Say(_bob, "two"));

        Assert.Equal([1L, 2], replies.OfType<Posted>().Select(posted => posted.Seq));
        Assert.All([replies[0], replies[2]], AssertForGood);
    }

    [Fact]
    public async Task DirectRoom_WhenTheStoreRefusesTheFirst_StoresTheNext()
    {
        await using var gateway = await cluster.GatewayAsync();
        var rig = cluster.Log[Direct];
        rig.Refused = "poison";
        rig.Hold();
        var first = gateway.SendOneAsync(Direct, Say(_ann, "poison"));
        await rig.Reached.Task.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        var next = gateway.SendOneAsync(Direct, Say(_bob, "hello"));
        for (var turns = 0; turns < 20; turns++)
        {
            // The room refuses the stranger's calls at once. When it has answered 20 of them, it has also received
            // Bob's message, which was sent before these calls.
            Assert.Equal(Refusal.Forbidden, Assert.IsType<Refused>(await gateway.SendOneAsync(Direct, Say("eve", "hi"))).Reason);
        }

        rig.Release();

        AssertForGood(await first);
        Assert.Equal(1, Assert.IsType<Posted>(await next).Seq);
    }

    [Fact]
    public async Task Creation_WhenTheStoreRefusesTheName_IsRefusedForGood()
    {
        await using var gateway = await cluster.GatewayAsync();
        cluster.Log[_room].RefusesCreation = true;
        cluster.Log[Direct].RefusesCreation = true;

        AssertForGood(await gateway.SendOneAsync(_room, new Enter(_ann, RoomKind.Channel, null)));
        AssertForGood(await gateway.SendOneAsync(Direct, Say(_ann, "hello")));
    }

    [Fact]
    public async Task Creation_WhenTheBudgetIsUsedUp_IsRateLimited()
    {
        await using var gateway = await cluster.GatewayAsync();
        for (var left = SiloTestCluster.CreatesPerUser; left > 2; left--)
        {
            Assert.Equal(TimeSpan.Zero, await cluster.User(_ann).TakeCreationAsync(SiloTestCluster.CreatesPerUser, TimeSpan.FromMinutes(1)));
        }

        await gateway.EnterAsync($"{_room}-0", _ann);
        await gateway.PostAsync(Direct, _ann, "a first message is a creation too");

        var other = RoomKey.Direct(_ann, _ann);
        foreach (var (room, command) in new (string, RoomCommand)[]
            { ($"{_room}-x", new Enter(_ann, RoomKind.Channel, null)), ($"{_room}-y", new Enter(_ann, RoomKind.Group, null)), (other, Say(_ann, "more")) })
        {
            var refused = Assert.IsType<Refused>(await gateway.SendOneAsync(room, command));
            Assert.Equal(Refusal.RateLimited, refused.Reason);
            Assert.InRange(refused.RetryMs!.Value, 1, 60_000);
            Assert.Empty(await cluster.Log.HeadsAsync([room], Ct));
        }

        // Using an existing room takes nothing from the budget. Only the user who creates a room pays for it.
        await gateway.EnterAsync($"{_room}-0", _ann);
        await gateway.PostAsync(Direct, _ann, "again");
        await gateway.EnterAsync($"{_room}-x", _bob);
        await gateway.EnterAsync($"{_room}-x", _ann);
    }

    [Fact]
    public async Task Creation_WhenTheFirstMessageIsNotAllowed_CostsNothing()
    {
        await using var gateway = await cluster.GatewayAsync();
        for (var left = SiloTestCluster.CreatesPerUser; left > 1; left--)
        {
            await cluster.User(_ann).TakeCreationAsync(SiloTestCluster.CreatesPerUser, TimeSpan.FromMinutes(1));
        }

        var refused = Assert.IsType<Refused>(await gateway.SendOneAsync(Direct, Say(_ann, "all") with { Mentions = "@everyone" }));

        Assert.Equal(Refusal.Forbidden, refused.Reason);
        Assert.Empty(await cluster.Log.HeadsAsync([Direct], Ct));
        await gateway.EnterAsync($"{_room}-0", _ann);
        Assert.Equal(Refusal.RateLimited, Assert.IsType<Refused>(await gateway.SendOneAsync(Direct, Say(_ann, "hello"))).Reason);
    }

    [Fact]
    public async Task Who_WhenTheRoomsAreAbsent_LeavesNoActivation()
    {
        string[] rooms = [.. Enumerable.Range(0, 50).Select(n => $"{_room}-{n}")];

        foreach (var room in rooms)
        {
            Assert.Equal(Refusal.NotFound, (await cluster.History.WhoAsync(room, _ann, 10)).Refusal);
            Assert.Equal(Refusal.NotFound, (await cluster.History.PageAsync(room, _ann, 0, 10)).Refusal);
        }

        Assert.Equal(0, await ActivationsAsync(rooms));
    }

    [Fact]
    public async Task Activation_WhenItsRoomIsAbsent_DeactivatesAtOnce()
    {
        await using var gateway = await cluster.GatewayAsync();
        string[] rooms = [_room, $"{_room}-1", $"{_room}-2", Direct];

        await gateway.SendOneAsync(rooms[0], new Enter(_ann, RoomKind.Channel, null, AsMember: true));
        await gateway.SendOneAsync(rooms[1], new Exit(_ann, false));
        await cluster.Room(rooms[2]).WhoAsync(_ann, 10);
        await gateway.SendOneAsync(rooms[3], new Enter(_ann, RoomKind.Direct, null));

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (var left = 1; left > 0; left = await ActivationsAsync(rooms))
        {
            Assert.False(patience.IsCancellationRequested, $"After 30 s, {left} activations are still active.");
            await Task.Delay(20, Ct);
        }
    }

    [Fact]
    public void CollectionAge_WhenTheSiloStarts_IsOneMinute()
    {
        var options = cluster.Silos.GetSiloServiceProvider().GetRequiredService<IOptions<GrainCollectionOptions>>().Value;

        Assert.Equal(TimeSpan.FromMinutes(1), options.ClassSpecificCollectionAge[typeof(RoomGrain).FullName!]);
        Assert.Equal(TimeSpan.FromMinutes(1), options.ClassSpecificCollectionAge[typeof(UserGrain).FullName!]);
        Assert.True(options.CollectionQuantum < TimeSpan.FromMinutes(1));
    }

    private static void AssertForGood(RoomReply reply)
    {
        var refused = Assert.IsType<Refused>(reply);
        Assert.Equal((Refusal.Forbidden, (int?)null), (refused.Reason, refused.RetryMs));
    }

    private async Task<int> ActivationsAsync(string[] rooms)
    {
        var active = await cluster.Client.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return active.Count(one => rooms.Contains(one.GrainId.Key.ToString()));
    }
}
