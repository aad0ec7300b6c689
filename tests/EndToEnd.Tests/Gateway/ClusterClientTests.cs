using System.Diagnostics;
using System.Globalization;
using System.Net;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.Testing;

namespace OrleansChat.EndToEnd.Tests.Gateway;

/// <summary>A gateway that starts while there is no cluster yet.</summary>
public sealed class ClusterClientTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Gateway_ThatStartsBeforeTheTablesAreThere_ConnectsWhenASiloComes()
    {
        var postgres = await PostgresServer.SharedAsync();
        var ports = RunningLocalCluster.FreePorts(4);
        var cluster = new Dictionary<string, string> { ["Cluster__Store"] = "postgres", ["Cluster__ConnectionString"] = await postgres.CreateDatabaseAsync() };
        await using var gateway = ProcessGroup.Start(Built.Gateway, [], new Dictionary<string, string>(cluster)
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{ports}",
            ["Identity__Mode"] = "development",
        });
        await gateway.LineAsync("The cluster cannot be reached (try 2)", Soon);

        await using var silo = ProcessGroup.Start(Built.Silo, [], new Dictionary<string, string>(cluster)
        {
            ["Log__Store"] = "memory",
            ["Silo__Port"] = Text(ports + 1),
            ["Silo__GatewayPort"] = Text(ports + 2),
            ["Silo__HealthPort"] = Text(ports + 3),
        });

        await ReadyAsync(ports);
    }

    [Fact]
    public async Task Gateway_ThatNeverReachesTheCluster_EndsInTimeAndSaysWhy()
    {
        var ports = RunningLocalCluster.FreePorts(2);
        await using var gateway = ProcessGroup.Start(Built.Gateway, [], new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{ports}",
            ["Cluster__GatewayPort"] = Text(ports + 1),
            ["Cluster__ConnectWithin"] = "00:00:03",
            ["Identity__Mode"] = "development",
        });

        Assert.NotEqual(0, await gateway.ExitAsync(Soon));
        Assert.Single(gateway.Errors);
        await gateway.LineAsync("Cluster:ConnectWithin", TimeSpan.Zero);
    }

    [Fact]
    public async Task Gateway_ThatNobodyCouldEnter_DoesNotStart_AndSaysWhy()
    {
        await using var gateway = ProcessGroup.Start(Built.Gateway, [], new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{RunningLocalCluster.FreePorts(1)}",
        });

        Assert.NotEqual(0, await gateway.ExitAsync(Soon));
        Assert.StartsWith("fatal: Identity:Keys: there is none", Assert.Single(gateway.Errors), StringComparison.Ordinal);
    }

    private static async Task ReadyAsync(int port)
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(100, TestContext.Current.CancellationToken))
        {
            try
            {
                if (await RunningLocalCluster.ReadyAsync(port) is HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen before it is connected.
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < Soon, $"That the gateway is ready was awaited for {Soon}.");
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
