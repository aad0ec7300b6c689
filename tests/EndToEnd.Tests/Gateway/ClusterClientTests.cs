using System.Diagnostics;
using System.Globalization;
using System.Net;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Gateway;

/// <summary>A gateway that starts before its cluster, or without an identity key.</summary>
public sealed class ClusterClientTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Gateway_WhenItStartsBeforeTheTablesExist_ConnectsLater()
    {
        var postgres = await PostgresServer.SharedAsync();
        var ports = RunningLocalCluster.FreePorts(4);
        var cluster = new Dictionary<string, string> { ["Cluster__Store"] = "postgres", ["Cluster__ConnectionString"] = await postgres.CreateDatabaseAsync() };
        await using var gateway = ProcessGroup.Start(Built.Gateway, [], new Dictionary<string, string>(cluster)
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{ports}",
            ["Identity__Mode"] = "development",
        });
        await gateway.LineAsync("Waiting for the cluster", Soon);

        await using var silo = ProcessGroup.Start(Built.Silo, [], new Dictionary<string, string>(cluster)
        {
            ["MessageLog__Store"] = "memory",
            ["Silo__Port"] = Text(ports + 1),
            ["Silo__ClientPort"] = Text(ports + 2),
            ["Silo__HealthPort"] = Text(ports + 3),
        });

        await ReadyAsync(ports);
    }

    [Fact]
    public async Task Gateway_WhenTheClusterIsUnreachable_ServesHealthAndRefusesClients()
    {
        var ports = RunningLocalCluster.FreePorts(2);
        await using var gateway = ProcessGroup.Start(Built.Gateway, [], new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{ports}",
            ["Cluster__ClientPort"] = Text(ports + 1),
            ["Identity__Mode"] = "development",
        });
        await gateway.LineAsync("Waiting for the cluster", Soon);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new($"http://127.0.0.1:{ports}") };

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/healthz/live", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        var ready = await http.GetAsync(new Uri("/healthz/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.StartsWith("Waiting for the cluster", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(
            () => socket.ConnectAsync(new($"ws://127.0.0.1:{ports}/ws?room=lobby&user=ann"), TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, socket.HttpStatusCode);

        await ProcessGroup.SignalAsync("TERM", gateway.Id);
        Assert.Equal(0, await gateway.ExitAsync(Soon));
    }

    [Fact]
    public async Task Gateway_WhenNoIdentityKeyIsSet_EndsWithTheSettingsName()
    {
        await using var gateway = ProcessGroup.Start(Built.Gateway, [], new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{RunningLocalCluster.FreePorts(1)}",
        });

        Assert.NotEqual(0, await gateway.ExitAsync(Soon));
        Assert.StartsWith("fatal: Identity:Keys: there are no keys", Assert.Single(gateway.Errors), StringComparison.Ordinal);
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
                // The gateway does not listen yet.
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < Soon, $"The gateway did not become ready within {Soon}.");
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
