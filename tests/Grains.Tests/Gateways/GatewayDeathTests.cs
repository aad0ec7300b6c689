using System.Diagnostics;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;

namespace OrleansChat.Grains.Tests.Gateways;

/// <summary>
/// A gateway that stops renewing its lease, like a killed process. The tests use the real clock, because the time until
/// the gateway counts as dead is a promise.
/// </summary>
public sealed class GatewayDeathTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("death");

    [Fact]
    public async Task Gateway_WhenItDies_LosesItsUsersWithinTenSeconds()
    {
        await using var living = await cluster.GatewayAsync();
        await using var dying = await cluster.GatewayAsync();
        await living.EnterAsync(_room, "ann");
        await dying.EnterAsync(_room, "bob");
        await living.UntilAsync<RoomPresence>(update => update.Room == _room && update.Count == 2);
        var bob = SiloTestCluster.Fresh("bob");
        await cluster.User(bob).ConnectAsync(dying.Id, new UserSession("b1", null), 10);

        var since = Stopwatch.GetTimestamp();
        await dying.DieAsync();
        var update = await living.UntilAsync<RoomPresence>(update => update.Departed.Contains("bob"));

        // The promised 10 s are the lease (7 s), the time until the silos check the leases again (1 s), and 2 s for the
        // calls to the grains.
        Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10), $"The update arrived after {Stopwatch.GetElapsedTime(since)}.");
        Assert.Equal(1, update.Count);
        Assert.Equal(["ann"], (await cluster.Room(_room).WhoAsync("ann", 10)).Users!);
        await UntilOfflineAsync(bob);

        // The dead gateway cannot return: the registry, the room and the user's grain refuse its calls.
        Assert.False((await cluster.Client.GetGrain<IGatewayRegistryGrain>(0).RenewAsync(dying.Id, LogVersion.Known)).Granted);
        var reply = await dying.SendOneAsync(_room, new Enter("bob", RoomKind.Channel, null));
        Assert.Equal(Refusal.GatewayExpired, Assert.IsType<Refused>(reply).Reason);
        await cluster.Room(_room).SyncAttachmentsAsync(dying.Id, ["bob"], default);
        Assert.Equal(1, (await cluster.Room(_room).WhoAsync("ann", 10)).Count);
        await AssertRefusedByAsync(bob, dying.Id);
        Assert.Equal(1, (await living.PostAsync(_room, "ann", "the others never noticed")).Seq);
    }

    [Fact]
    public async Task RoomGrain_WhenNotifiedOfADeadGateway_RefusesItsCalls()
    {
        // Each silo has its own failure detector. An earlier activation of the room may have registered on another silo,
        // and the detector of that silo may send the notification. The detector of the room's own silo may not know yet
        // that the gateway is dead. So the room must refuse the gateway as soon as it gets the notification.
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");

        await cluster.Room(_room).GatewayGoneAsync(gateway.Id);
        var post = await gateway.SendOneAsync(_room, new Post("ann", "a", RoomEventKind.Msg, "hello", null, null, null));

        Assert.Equal(Refusal.GatewayExpired, Assert.IsType<Refused>(post).Reason);
    }

    [Fact]
    public async Task UserGrain_WhenNotifiedOfADeadGateway_RefusesItsCalls()
    {
        await using var gateway = await cluster.GatewayAsync();
        var user = SiloTestCluster.Fresh("ann");
        await cluster.User(user).ConnectAsync(gateway.Id, new UserSession("a1", null), 10);

        await cluster.User(user).GatewayGoneAsync(gateway.Id);

        await AssertRefusedByAsync(user, gateway.Id);
    }

    [Fact]
    public async Task Renew_WhenGranted_ReturnsTheClusterNumber()
    {
        var grant = await cluster.Client.GetGrain<IGatewayRegistryGrain>(0).RenewAsync(SiloTestCluster.Fresh("gateway"), LogVersion.Known);

        Assert.True(grant.Granted);
        Assert.True(grant.Cluster > 0);
    }

    private async Task AssertRefusedByAsync(string user, string gateway)
    {
        Assert.Equal(Admission.GatewayExpired, (await cluster.User(user).OpenAsync(gateway, new UserSession("new", null), 10, [])).Admission);
        Assert.Equal(Admission.GatewayExpired, await cluster.User(user).ConnectAsync(gateway, new UserSession("new", null), 10));
        await cluster.User(user).SyncSessionsAsync(gateway, [new UserSession("new", null)]);
        Assert.False(await cluster.User(user).IsOnlineAsync(), "The user is online through a session of the dead gateway.");
    }

    private async Task UntilOfflineAsync(string user)
    {
        var since = Stopwatch.GetTimestamp();
        while (await cluster.User(user).IsOnlineAsync())
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10), "After 10 s, the user of the dead gateway is still online.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
