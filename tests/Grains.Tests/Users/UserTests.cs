using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;

namespace OrleansChat.Grains.Tests.Users;

/// <summary>A user's sessions on all gateways.</summary>
public sealed class UserTests(SiloTestCluster cluster)
{
    private readonly string _name = SiloTestCluster.Fresh("user");

    private IUserGrain User => cluster.User(_name);

    [Fact]
    public async Task Connect_WhenAllGatewaysReachTheLimit_IsRefused()
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
    public async Task Connect_WhenTheDeviceIsConnected_ReplacesTheOlderSession()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await User.ConnectAsync(one.Id, new UserSession("old", "phone"), 1);

        Assert.Equal(Admission.Admitted, await User.ConnectAsync(other.Id, new UserSession("new", "phone"), 1));

        await one.UntilAsync<SessionReplaced>(replaced => replaced.Session == "old");
        await User.NotifyAsync("lobby", 1, 2);
        await other.UntilAsync<UserNotification>(notification => notification == new UserNotification(_name, "lobby", 1, 2));
        Assert.Empty(one.Items.OfType<UserNotification>());
    }

    [Fact]
    public async Task Disconnect_WhenItIsTheLastSession_TakesTheUserOffline()
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
    public async Task Sync_WhenCalled_ReplacesTheSessionsOfItsGateway()
    {
        await using var one = await cluster.GatewayAsync();
        await using var other = await cluster.GatewayAsync();
        await User.ConnectAsync(one.Id, new UserSession("s1", null), 10);
        await User.ConnectAsync(other.Id, new UserSession("s2", null), 10);

        await User.SyncSessionsAsync(one.Id, []);
        await User.NotifyAsync("lobby", 3, 3);

        await other.UntilAsync<UserNotification>(notification => notification.User == _name);
        Assert.Empty(one.Items);
    }

    [Fact]
    public async Task Sync_WhenTheUserHadNoSession_ReturnsTheMissedNotifications()
    {
        await using var gateway = await cluster.GatewayAsync();
        await User.NotifyAsync("@3:ann3:bob", 4, 4);
        await User.NotifyAsync("@3:ann3:bob", 5, 6);

        var notifications = await User.SyncSessionsAsync(gateway.Id, [new UserSession("s1", null)]);

        Assert.Equal([new UserNotification(_name, "@3:ann3:bob", 4, 6)], notifications);
    }

    [Fact]
    public async Task Sends_WhenOldAndNewGatewaysAsk_ShareOneBudget()
    {
        Assert.Equal(1, (await User.TakeSendsAsync(15, 1, 20)).Granted);

        var rest = (await User.LeaseAsync("new", [new(BudgetKind.Sends, 1, 20, 0, 0, 15, Ahead: false)])).Single();

        Assert.InRange(rest.Granted, 0, 10);
        Assert.InRange(rest.RetryMs, 1, 1000);
    }

    [Fact]
    public async Task Open_WhenAdmitted_GrantsTheFirstBlock()
    {
        await using var gateway = await cluster.GatewayAsync();

        var opened = await User.OpenAsync(gateway.Id, new("s1", null), 10, [Connects, new(BudgetKind.Sends, 50, 100, 0, 0, 0, Ahead: true)]);

        Assert.Equal(Admission.Admitted, opened.Admission);
        Assert.Equal([1, 10], opened.Grants.Select(grant => grant.Granted));
        Assert.Equal(1000, opened.Grants[1].ValidMs);
    }

    [Fact]
    public async Task Open_WhenTooOften_ReturnsTheTimeToWait()
    {
        await using var gateway = await cluster.GatewayAsync();
        var opened = await User.OpenAsync(gateway.Id, new("s0", null), 10, [Connects]);
        for (var i = 1; opened.Admission == Admission.Admitted && i < 1000; i++)
        {
            await User.CloseAsync(gateway.Id, $"s{i - 1}", []);
            opened = await User.OpenAsync(gateway.Id, new($"s{i}", null), 10, [Connects]);
        }

        Assert.Equal(Admission.TooOften, opened.Admission);
        Assert.InRange(opened.RetryMs, 1, 1000);
        Assert.False(await User.IsOnlineAsync());
    }

    [Fact]
    public async Task Lease_WhenTheKindIsUnknown_GrantsTheWantedUnits()
    {
        Assert.Equal(7, (await User.LeaseAsync("newer", [new((BudgetKind)99, 1, 1, 0, 0, 7, Ahead: true)])).Single().Granted);
    }

    private static BudgetAsk Connects => new(BudgetKind.Connects, 1, 3, 0, 0, 1, Ahead: false);
}
