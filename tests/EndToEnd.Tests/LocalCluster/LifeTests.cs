using System.Globalization;
using System.Net;
using OrleansChat.Testing;

namespace OrleansChat.EndToEnd.Tests.LocalCluster;

/// <summary>From the start to the stop, with real processes.</summary>
public sealed class LifeTests
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Start_ServesHealthAndSaysWhereAndHow_AndCtrlCLeavesNothingBehind()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(gateways: 2);

        Assert.Equal(HttpStatusCode.OK, await RunningLocalCluster.ReadyAsync(cluster.Port));
        Assert.Equal(HttpStatusCode.OK, await RunningLocalCluster.ReadyAsync(cluster.Port + 1));
        Assert.Contains($"  http://localhost:{cluster.Port}", cluster.Group.Output);
        Assert.Contains($"  http://localhost:{cluster.Port + 1}", cluster.Group.Output);
        Assert.Contains(cluster.Group.Output, line => line.Contains("wscat -c 'ws://localhost:", StringComparison.Ordinal));
        Assert.Contains(cluster.Group.Output, line => line.Contains("?user=", StringComparison.Ordinal) && line.Contains("development", StringComparison.Ordinal));
        Assert.Contains(cluster.Group.Output, line => line.Contains("send limit is off", StringComparison.Ordinal));

        await cluster.Group.SignalAllAsync("INT");

        Assert.Equal(0, await cluster.Group.ExitAsync(StopLimit));
        Assert.Empty(cluster.Group.Members());
        Assert.DoesNotContain(cluster.Group.Output, line => line.Contains("was killed", StringComparison.Ordinal));
        Assert.DoesNotContain(cluster.Group.Output, line => line.Contains("starting it again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sigterm_ToLocalClusterAlone_LeavesNothingBehind()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");

        await ProcessGroup.SignalAsync("TERM", cluster.Group.Id);

        Assert.Equal(0, await cluster.Group.ExitAsync(StopLimit));
        Assert.Empty(cluster.Group.Members());
    }

    [Fact]
    public async Task Children_LeaveCtrlCToLocalCluster()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");

        await ProcessGroup.SignalAsync("INT", cluster.Child("silo-1").Pid);
        await ProcessGroup.SignalAsync("INT", cluster.Child("gateway-1").Pid);

        // A child that obeyed would be gone well within this time, and be started again.
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        Assert.Equal(3, cluster.Group.Members().Length);
        Assert.DoesNotContain(cluster.Group.Output, line => line.Contains("starting it again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CtrlC_WhileItStarts_LeavesNothingBehind()
    {
        await using var group = ProcessGroup.Start(
            Built.LocalCluster, ["--store", "memory", "--gateways", "1", "--port", $"{RunningLocalCluster.FreePorts(1)}"]);
        await group.LineAsync("silo-1 is ready", RunningLocalCluster.StartLimit);

        await group.SignalAllAsync("INT");

        Assert.Equal(0, await group.ExitAsync(StopLimit));
        Assert.Empty(group.Members());
    }

    [Fact]
    public async Task CtrlC_ThatKillsAChildTooYoungToIgnoreIt_IsNoFailure()
    {
        await using var group = ProcessGroup.Start(
            Built.LocalCluster, ["--store", "memory", "--gateways", "1", "--port", $"{RunningLocalCluster.FreePorts(1)}"]);
        string? silo = null;
        await Waiting.UntilAsync(
            () => (silo = Array.Find(group.Members(), member => member.Contains("(OrleansChat.Sil", StringComparison.Ordinal))) is not null, "the silo's process");

        await ProcessGroup.SignalAsync("INT", int.Parse(silo!.Split(' ')[0], CultureInfo.InvariantCulture));
        await Task.Delay(TimeSpan.FromSeconds(0.2), TestContext.Current.CancellationToken);
        await ProcessGroup.SignalAsync("INT", group.Id);

        Assert.Equal(0, await group.ExitAsync(StopLimit));
        Assert.DoesNotContain(group.Output, line => line.Contains("cannot start", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LocalCluster_WhenItIsKilled_TakesItsChildrenWithIt()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");
        Assert.Equal(3, cluster.Group.Members().Length);

        await ProcessGroup.SignalAsync("KILL", cluster.Group.Id);

        await cluster.Group.EmptyAsync(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task CtrlC_WhenNothingStopsByItself_KillsWhatIsLeftInTime()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");
        await ProcessGroup.SignalAsync("STOP", cluster.Child("gateway-1").Pid);
        await ProcessGroup.SignalAsync("STOP", cluster.Child("silo-1").Pid);

        await ProcessGroup.SignalAsync("INT", cluster.Group.Id);

        Assert.NotEqual(0, await cluster.Group.ExitAsync(Soon)); // By itself after 16 s: 8 for gateways, 8 for silos.
        Assert.Empty(cluster.Group.Members());
        Assert.Contains("gateway-1 did not stop in time and was killed", cluster.Group.Output);
        Assert.Contains("silo-1 did not stop in time and was killed", cluster.Group.Output);
    }

    [Fact]
    public async Task SecondCtrlC_KillsWhatIsLeftAtOnce()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");
        await ProcessGroup.SignalAsync("STOP", cluster.Child("gateway-1").Pid);
        await ProcessGroup.SignalAsync("STOP", cluster.Child("silo-1").Pid);
        await ProcessGroup.SignalAsync("INT", cluster.Group.Id);
        await cluster.Group.LineAsync("Stopping", Soon);
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken); // Sooner, it is taken for the first one, come twice.

        await ProcessGroup.SignalAsync("INT", cluster.Group.Id);

        Assert.NotEqual(0, await cluster.Group.ExitAsync(TimeSpan.FromSeconds(10))); // Of the 14 s that are left to the first.
        Assert.Empty(cluster.Group.Members());
    }

    [Theory, InlineData("gateway-1"), InlineData("silo-1")]
    public async Task Child_WhenItIsKilled_IsNamedAndComesBackAtTheSameAddress(string name)
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1);
        var before = cluster.Child(name);

        await ProcessGroup.SignalAsync("KILL", before.Pid);

        await cluster.Group.LineAsync($"{name} (pid {before.Pid}) was killed (SIGKILL); starting it again", Soon);
        await cluster.Group.LineAsync($"{name} is back at", RunningLocalCluster.StartLimit);
        var after = cluster.Child(name);
        Assert.Equal(before.Address, after.Address);
        Assert.NotEqual(before.Pid, after.Pid);

        // A silo that took long to come back has cost the gateway its lease; it is ready with the next one.
        await RunningLocalCluster.UntilReadyAsync(cluster.Port);
    }

    [Fact]
    public async Task Child_WhenItIsKilledAndRestartIsOff_StaysDead()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory", "--restart", "off");
        var gateway = cluster.Child("gateway-1");

        await ProcessGroup.SignalAsync("KILL", gateway.Pid);

        await cluster.Group.LineAsync($"gateway-1 (pid {gateway.Pid}) was killed (SIGKILL); it stays dead", Soon);
        await cluster.Group.SignalAllAsync("INT");
        Assert.Equal(0, await cluster.Group.ExitAsync(StopLimit));
        Assert.DoesNotContain(cluster.Group.Output, line => line.Contains("is back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TwoSilos_OnPostgres_ComeUpAndStop()
    {
        var postgres = await PostgresServer.SharedAsync();
        await using var cluster = await RunningLocalCluster.StartAsync(
            2, "--silos", "2", "--store", "postgres", "--connection", await postgres.CreateDatabaseAsync(), "--limits", "on");

        Assert.Equal(HttpStatusCode.OK, await RunningLocalCluster.ReadyAsync(cluster.Port));
        Assert.Equal(HttpStatusCode.OK, await RunningLocalCluster.ReadyAsync(cluster.Port + 1));
        Assert.NotEqual(cluster.Child("silo-1").Address, cluster.Child("silo-2").Address);
        Assert.Contains(cluster.Group.Output, line => line.Contains("send limit is on", StringComparison.Ordinal));

        await cluster.Group.SignalAllAsync("INT");

        Assert.Equal(0, await cluster.Group.ExitAsync(StopLimit));
        Assert.Empty(cluster.Group.Members());
    }
}
