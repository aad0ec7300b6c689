using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;

namespace OrleansChat.Grains.Tests.Users;

/// <summary>A user's sessions, wherever they are.</summary>
public sealed class UserTests(ChatCluster cluster)
{
    private readonly string _name = ChatCluster.Fresh("user");

    private IUserGrain User => cluster.User(_name);

    [Fact]
    public async Task Connect_AboveTheMost_IsRefusedAcrossGateways()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();

        Assert.Equal(Admission.Admitted, await User.ConnectAsync(one.Id, new UserSession("s1", null), 2));
        Assert.Equal(Admission.Admitted, await User.ConnectAsync(other.Id, new UserSession("s2", null), 2));
        Assert.Equal(Admission.TooMany, await User.ConnectAsync(other.Id, new UserSession("s3", null), 2));
        Assert.Equal(Admission.Admitted, await User.ConnectAsync(other.Id, new UserSession("s2", null), 2));

        await User.DisconnectAsync(one.Id, "s1");
        Assert.Equal(Admission.Admitted, await User.ConnectAsync(other.Id, new UserSession("s3", null), 2));
    }

    [Fact]
    public async Task Connect_OfADeviceThatIsConnected_ReplacesItsOlderSession()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await User.ConnectAsync(one.Id, new UserSession("old", "phone"), 1);

        Assert.Equal(Admission.Admitted, await User.ConnectAsync(other.Id, new UserSession("new", "phone"), 1));

        await one.UntilAsync<SessionReplaced>(replaced => replaced.Session == "old");
        await User.RingAsync("lobby", 1, 2);
        await other.UntilAsync<UserRing>(ring => ring == new UserRing(_name, "lobby", 1, 2));
        Assert.Empty(one.Items.OfType<UserRing>());
    }

    [Fact]
    public async Task Disconnect_OfTheLastSession_IsOffline()
    {
        await using var gateway = await cluster.GatewayAsync();
        await User.ConnectAsync(gateway.Id, new UserSession("s1", null), 10);
        Assert.True(await User.IsOnlineAsync());

        await User.DisconnectAsync(gateway.Id, "unknown");
        await User.DisconnectAsync("another gateway", "s1");
        Assert.True(await User.IsOnlineAsync());

        await User.DisconnectAsync(gateway.Id, "s1");
        Assert.False(await User.IsOnlineAsync());
    }

    [Fact]
    public async Task Attend_IsTheWholeTruthAboutOneGateway()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await User.ConnectAsync(one.Id, new UserSession("s1", null), 10);
        await User.ConnectAsync(other.Id, new UserSession("s2", null), 10);

        await User.AttendAsync(one.Id, []);
        await User.RingAsync("lobby", 3, 3);

        await other.UntilAsync<UserRing>(ring => ring.User == _name);
        Assert.Empty(one.Items);
    }

    [Fact]
    public async Task Attend_TellsWhatWasRungWhileNobodyKnewWhereTheUserWas()
    {
        await using var gateway = await cluster.GatewayAsync();
        await User.RingAsync("@3:ann3:bob", 4, 4);
        await User.RingAsync("@3:ann3:bob", 5, 6);

        var rings = await User.AttendAsync(gateway.Id, [new UserSession("s1", null)]);

        Assert.Equal([new UserRing(_name, "@3:ann3:bob", 4, 6)], rings);
    }

    [Fact]
    public async Task TakeSends_FromAnyGateway_ComesOutOfOneBucket()
    {
        Assert.Equal(15, (await User.TakeSendsAsync(15, 1, 20)).Granted);

        var rest = await User.TakeSendsAsync(15, 1, 20);

        Assert.InRange(rest.Granted, 5, 10);
        Assert.InRange(rest.RetryMs, 1, 1000);
    }
}
