using System.Diagnostics;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;

namespace OrleansChat.Grains.Tests.Gateways;

/// <summary>A gateway that stops renewing, as a killed process does. On the real clock: the bound is a promise.</summary>
public sealed class GatewayDeathTests(ChatCluster cluster)
{
    private readonly string _room = ChatCluster.Fresh("death");

    [Fact]
    public async Task Death_OfAGateway_TakesItsUsersOfflineWithinTenSeconds()
    {
        await using var living = await cluster.GatewayAsync();
        await using var dying = await cluster.GatewayAsync();
        await living.EnterAsync(_room, "ann");
        await dying.EnterAsync(_room, "bob");
        await living.UntilAsync<RoomAttendance>(notice => notice.Room == _room && notice.Count == 2);
        var bob = ChatCluster.Fresh("bob");
        await cluster.User(bob).ConnectAsync(dying.Id, new UserSession("b1", null), 10);

        var since = Stopwatch.GetTimestamp();
        await dying.DieAsync();
        var notice = await living.UntilAsync<RoomAttendance>(notice => notice.Went.Contains("bob"));

        // The lease and a look, and what a busy machine needs beyond.
        Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10), $"It took {Stopwatch.GetElapsedTime(since)}.");
        Assert.Equal(1, notice.Count);
        Assert.Equal(["ann"], (await cluster.Room(_room).WhoAsync("ann", 10)).Users!);
        await UntilOfflineAsync(bob);

        // And it cannot come back: not to the registry, not to the room, not to the user.
        Assert.False((await cluster.Client.GetGrain<IGatewayRegistryGrain>(0).RenewAsync(dying.Id)).Granted);
        var reply = await dying.SendOneAsync(_room, new Enter("bob", RoomKind.Channel, null));
        Assert.Equal(Refusal.GatewayExpired, Assert.IsType<Refused>(reply).Reason);
        await cluster.Room(_room).AttendAsync(dying.Id, ["bob"], default);
        Assert.Equal(1, (await cluster.Room(_room).WhoAsync("ann", 10)).Count);
        Assert.Equal(1, (await living.PostAsync(_room, "ann", "the others never noticed")).Seq);
    }

    [Fact]
    public async Task Death_ToldByTheWatchOfAnotherSilo_IsKnownToThisOne()
    {
        // An earlier activation was attached elsewhere, and the watch there tells the room wherever it is now. This silo has not looked yet.
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, "ann");
        await cluster.Room(_room).GatewayGoneAsync(gateway.Id);
        var post = await gateway.SendOneAsync(_room, new Post("ann", "a", RoomEventKind.Msg, "hello", null, null, null));
        Assert.Equal(Refusal.GatewayExpired, Assert.IsType<Refused>(post).Reason);
    }

    [Fact]
    public async Task Lease_TellsTheClusterApartAsSilosComeAndGo()
    {
        var grant = await cluster.Client.GetGrain<IGatewayRegistryGrain>(0).RenewAsync(ChatCluster.Fresh("gateway"));

        Assert.True(grant.Granted);
        Assert.True(grant.Cluster > 0);
    }

    private async Task UntilOfflineAsync(string user)
    {
        var since = Stopwatch.GetTimestamp();
        while (await cluster.User(user).IsOnlineAsync())
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10), "The user of a dead gateway is still online.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
