using System.Globalization;
using System.Net;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.LocalCluster;

/// <summary>LocalCluster from its start to its stop, with real processes.</summary>
public sealed class LifeTests
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task LocalCluster_WhenStarted_ServesHealthAndPrintsItsAddresses()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(gateways: 2);

        Assert.Equal(HttpStatusCode.OK, await RunningLocalCluster.ReadyAsync(cluster.Port));
        Assert.Equal(HttpStatusCode.OK, await RunningLocalCluster.ReadyAsync(cluster.Port + 1));
        Assert.Contains($"  http://localhost:{cluster.Port}", cluster.Group.Output);
        Assert.Contains($"  http://localhost:{cluster.Port + 1}", cluster.Group.Output);
        Assert.Contains(cluster.Group.Output, line => line.Contains("wscat -c 'ws://localhost:", StringComparison.Ordinal));
        Assert.Contains(cluster.Group.Output, line => line.Contains("?user=", StringComparison.Ordinal) && line.Contains("development", StringComparison.Ordinal));
        Assert.Contains(cluster.Group.Output, line => line.Contains("Limits per user and connection are far above normal use", StringComparison.Ordinal));

        await cluster.Group.SignalAllAsync("INT");

        Assert.Equal(0, await cluster.Group.ExitAsync(StopLimit));
        Assert.Empty(cluster.Group.Members());
        Assert.DoesNotContain(cluster.Group.Output, line => line.Contains("was killed", StringComparison.Ordinal));
        Assert.DoesNotContain(cluster.Group.Output, line => line.Contains("starting it again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sigterm_WhenOnlyLocalClusterGetsIt_EndsEveryProcess()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");

        await ProcessGroup.SignalAsync("TERM", cluster.Group.Id);

        Assert.Equal(0, await cluster.Group.ExitAsync(StopLimit));
        Assert.Empty(cluster.Group.Members());
    }

    [Fact]
    public async Task Child_WhenItGetsCtrlC_IgnoresIt()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");

        await ProcessGroup.SignalAsync("INT", cluster.Child("silo-1").Pid);
        await ProcessGroup.SignalAsync("INT", cluster.Child("gateway-1").Pid);

        // A child that obeys the signal would end and be restarted within this time.
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        Assert.Equal(3, cluster.Group.Members().Length);
        Assert.DoesNotContain(cluster.Group.Output, line => line.Contains("starting it again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CtrlC_WhenLocalClusterStarts_EndsEveryProcess()
    {
        await using var group = ProcessGroup.Start(
            Built.LocalCluster, ["--store", "memory", "--gateways", "1", "--port", $"{RunningLocalCluster.FreePorts(1)}"]);
        await group.LineAsync("silo-1 is ready", RunningLocalCluster.StartLimit);

        await group.SignalAllAsync("INT");

        Assert.Equal(0, await group.ExitAsync(StopLimit));
        Assert.Empty(group.Members());
    }

    [Fact]
    public async Task CtrlC_WhenItKillsAStartingChild_EndsWithCode0()
    {
        await using var group = ProcessGroup.Start(
            Built.LocalCluster, ["--store", "memory", "--gateways", "1", "--port", $"{RunningLocalCluster.FreePorts(1)}"]);
        string? silo = null;
        await Waiting.UntilAsync(
            () => (silo = Array.Find(group.Members(), member => member.Contains("(OrleansChat.Sil", StringComparison.Ordinal))) is not null, "the process of the silo");

        await ProcessGroup.SignalAsync("INT", int.Parse(silo!.Split(' ')[0], CultureInfo.InvariantCulture));
        await Task.Delay(TimeSpan.FromSeconds(0.2), TestContext.Current.CancellationToken);
        await ProcessGroup.SignalAsync("INT", group.Id);

        Assert.Equal(0, await group.ExitAsync(StopLimit));
        Assert.DoesNotContain(group.Output, line => line.Contains("cannot start", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LocalCluster_WhenItIsKilled_EndsItsChildren()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");
        Assert.Equal(3, cluster.Group.Members().Length);

        await ProcessGroup.SignalAsync("KILL", cluster.Group.Id);

        await cluster.Group.EmptyAsync(TimeSpan.FromSeconds(15));
    }

    [Fact]
    [Trait("Run", "all")]
    public async Task CtrlC_WhenNoChildStops_KillsThemInTime()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");
        await ProcessGroup.SignalAsync("STOP", cluster.Child("gateway-1").Pid);
        await ProcessGroup.SignalAsync("STOP", cluster.Child("silo-1").Pid);

        await ProcessGroup.SignalAsync("INT", cluster.Group.Id);

        Assert.NotEqual(0, await cluster.Group.ExitAsync(Soon)); // After 16 s: 8 s for the gateways and 8 s for the silos.
        Assert.Empty(cluster.Group.Members());
        Assert.Contains("gateway-1 did not stop in time and was killed", cluster.Group.Output);
        Assert.Contains("silo-1 did not stop in time and was killed", cluster.Group.Output);
    }

    [Fact]
    public async Task SecondCtrlC_WhenNoChildStops_KillsThemAtOnce()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");
        await ProcessGroup.SignalAsync("STOP", cluster.Child("gateway-1").Pid);
        await ProcessGroup.SignalAsync("STOP", cluster.Child("silo-1").Pid);
        await ProcessGroup.SignalAsync("INT", cluster.Group.Id);
        await cluster.Group.LineAsync("Stopping", Soon);
        // Within 0.7 s, LocalCluster would count the second Ctrl-C as a repetition of the first one.
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);

        await ProcessGroup.SignalAsync("INT", cluster.Group.Id);

        Assert.NotEqual(0, await cluster.Group.ExitAsync(TimeSpan.FromSeconds(10))); // Without the second Ctrl-C, the stop would take 14 s more.
        Assert.Empty(cluster.Group.Members());
    }

    [Theory, InlineData("gateway-1"), InlineData("silo-1")]
    public async Task Child_WhenItIsKilled_RestartsAtTheSameAddress(string name)
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1);
        var before = cluster.Child(name);

        await ProcessGroup.SignalAsync("KILL", before.Pid);

        await cluster.Group.LineAsync($"{name} (pid {before.Pid}) was killed (SIGKILL); starting it again", Soon);
        await cluster.Group.LineAsync($"{name} is back at", RunningLocalCluster.StartLimit);
        var after = cluster.Child(name);
        Assert.Equal(before.Address, after.Address);
        Assert.NotEqual(before.Pid, after.Pid);

        // If the silo restarts slowly, the gateway's lease expires. The gateway is ready again after the next renewal.
        await RunningLocalCluster.UntilReadyAsync(cluster.Port);
    }

    [Fact]
    public async Task Child_WhenItIsKilledAndRestartIsOff_StaysDead()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory", "--restart", "off");
        var gateway = cluster.Child("gateway-1");

        await ProcessGroup.SignalAsync("KILL", gateway.Pid);

        await cluster.Group.LineAsync($"gateway-1 (pid {gateway.Pid}) was killed (SIGKILL); not restarted", Soon);
        await cluster.Group.SignalAllAsync("INT");
        Assert.Equal(0, await cluster.Group.ExitAsync(StopLimit));
        Assert.DoesNotContain(cluster.Group.Output, line => line.Contains("is back", StringComparison.Ordinal));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task ConnectionString_WhenFromAFileOrVariable_IsNotInTheProcessList(bool file)
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, connection + "\n", TestContext.Current.CancellationToken);
            await using var cluster = await RunningLocalCluster.StartAsync(
                1,
                file ? null : new Dictionary<string, string> { ["ORLEANSCHAT_CONNECTION"] = connection },
                ["--store", "postgres", .. file ? (string[])["--connection-file", path] : []]);

            var password = connection.Split(';').Single(part => part.StartsWith("Password", StringComparison.Ordinal)).Split('=')[1];
            Assert.All(
                [cluster.Group.Id, cluster.Child("silo-1").Pid, cluster.Child("gateway-1").Pid],
                pid => Assert.DoesNotContain(password, File.ReadAllText($"/proc/{pid}/cmdline"), StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task LocalCluster_WhenItHasTwoSilos_StartsAndStops()
    {
        var postgres = await PostgresServer.SharedAsync();
        await using var cluster = await RunningLocalCluster.StartAsync(
            2, "--silos", "2", "--store", "postgres", "--connection", await postgres.CreateDatabaseAsync(), "--limits", "on");

        Assert.Equal(HttpStatusCode.OK, await RunningLocalCluster.ReadyAsync(cluster.Port));
        Assert.Equal(HttpStatusCode.OK, await RunningLocalCluster.ReadyAsync(cluster.Port + 1));
        Assert.NotEqual(cluster.Child("silo-1").Address, cluster.Child("silo-2").Address);
        Assert.Contains(cluster.Group.Output, line => line.Contains("default limits per user and connection apply", StringComparison.Ordinal));

        await cluster.Group.SignalAllAsync("INT");

        Assert.Equal(0, await cluster.Group.ExitAsync(StopLimit));
        Assert.Empty(cluster.Group.Members());
    }
}
