using System.Diagnostics;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Gateways;

/// <summary>The gateway registry when every process of the cluster knows the newest log version.</summary>
public sealed class RegistryVersionTests(SiloTestCluster shared)
{
    private readonly string _gateway = SiloTestCluster.Fresh("gateway");

    [Fact]
    public async Task Registry_WhenTheLogIsNew_RefusesOldGatewaysAtOnce()
    {
        var registry = shared.Client.GetGrain<IGatewayRegistryGrain>(0);

        Assert.Equal(LogVersion.Known, await shared.Log.VersionAsync(TestContext.Current.CancellationToken));
        Assert.False((await registry.RenewAsync(_gateway)).Granted);
        Assert.True((await registry.RenewAsync(SiloTestCluster.Fresh("gateway"), LogVersion.Known)).Granted);
    }

    [Fact]
    public async Task Registry_WhenEveryProcessKnowsTheVersion_RaisesItOnce()
    {
        await using var cluster = await VersionedCluster.StartAsync(2);
        cluster.Log.Held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var since = Stopwatch.GetTimestamp();
        using var lease = cluster.Renew(_gateway, LogVersion.Known);

        await cluster.UntilAsync(() => !cluster.Log.Raises.IsEmpty, "the call that raises the version");
        var raisedAfter = Stopwatch.GetElapsedTime(since);

        // The log has not answered the call that raises its version. Renewals do not wait for the answer, and the
        // registry already refuses an old gateway.
        Assert.True((await cluster.Registry.RenewAsync(_gateway, LogVersion.Known)).Granted);
        Assert.False((await cluster.Registry.RenewAsync(SiloTestCluster.Fresh("old"))).Granted);
        cluster.Log.Held.SetResult();
        await Waiting.UntilAsync(() => cluster.Count("it is in use from now on") == 1, "the log line that says that the new version is in use");
        Assert.Equal([LogVersion.Known], cluster.Log.Raises);
        await lease.EndAsync();
        Assert.True(raisedAfter > Lease.Length, $"The version was raised after only {raisedAfter}.");
    }
}

/// <summary>The gateway registry when some processes of the cluster have the previous version of OrleansChat.</summary>
public sealed class RegistryUpgradeTests
{
    [Fact]
    public async Task Registry_WhenProcessesAreOld_WaitsAndThenRefusesThem()
    {
        var gateway = SiloTestCluster.Fresh("old");
        await using var cluster = await VersionedCluster.StartAsync(1);
        using var lease = cluster.Renew(gateway, version: null);
        Assert.True((await cluster.Registry.RenewAsync(gateway)).Granted);
        var silo = await cluster.StartOldSiloAsync();

        await cluster.UntilAsync(
            () => cluster.Behind().Contains($"{silo.SiloAddress}, {gateway}", StringComparison.Ordinal),
            "a log line that names the old silo and the old gateway");
        await cluster.StopAsync(silo);
        await cluster.UntilAsync(
            () => cluster.Behind().EndsWith($"of {gateway}", StringComparison.Ordinal), "a log line that names only the old gateway");
        await lease.EndAsync();
        Assert.Empty(cluster.Log.Raises);

        await cluster.Registry.ReleaseAsync(gateway);
        await cluster.UntilAsync(() => cluster.Count("it is in use from now on") == 1, "the log line that says that the new version is in use");
        Assert.Equal([LogVersion.Known], cluster.Log.Raises);

        var next = SiloTestCluster.Fresh("old");
        Assert.False((await cluster.Registry.RenewAsync(next)).Granted);
        Assert.False((await cluster.Registry.RenewAsync(next)).Granted);
        Assert.Equal(1, cluster.Count($"Gateway {next} gets no lease"));
    }
}
