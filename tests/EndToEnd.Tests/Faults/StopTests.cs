using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Faults;

/// <summary>Processes that get SIGTERM while users chat, as in every upgrade.</summary>
[Collection(nameof(FaultCluster))]
public sealed class StopTests(FaultCluster cluster)
{
    private const string Stopped = "ended with exit code 0";

    [Fact]
    public async Task Gateway_WhenItDrains_ClosesConnectionsAtThePaceOfTheOthers()
    {
        const int Clients = 30;
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => JsonClient.ConnectAsync(cluster.Ports[2], cluster.Fresh("idle"))));
        var room = cluster.Fresh("room");
        await Task.WhenAll(clients.Select(client => client.JoinAsync(room)));

        var began = Stopwatch.GetTimestamp();
        var pid = await cluster.SignalAsync("gateway-3", "TERM");
        var refused = RefusedAsync(began);
        var byes = await Task.WhenAll(clients.Select(async client =>
        {
            var bye = await client.FrameAsync("bye", frame => (string?)frame["t"] == "bye");
            var back = Stopwatch.GetElapsedTime(began).TotalSeconds + ((int)bye["after"]! / 1000.0);
            Assert.Equal(1012, (int)bye["code"]!);
            Assert.Equal(1012, (int)(await client.FrameAsync("the end of the connection", frame => (string?)frame["t"] == "closed"))["code"]!);
            return back;
        }));

        // Two gateways remain, so at most 2 * AcceptsPerSecond clients may reconnect per second. The test allows them
        // to reconnect later, because a busy machine may delay them.
        Assert.All(byes.Order().Index(), back => Assert.True(back.Item >= (back.Index / (2.0 * FaultCluster.AcceptsPerSecond)) - 0.15, $"Client {back.Index} reconnects too early, after {back.Item:0.00} s."));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable), await refused);
        await cluster.BackAsync("gateway-3", pid, Stopped);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    [Trait("Run", "all")]
    public async Task Cluster_WhenProcessesRestartInTurnUnderLoad_LosesNothing()
    {
        await using var crowd = await cluster.GatherAsync(out var rooms);
        foreach (var child in (string[])["gateway-1", "gateway-2", "gateway-3", "silo-1", "silo-2", "silo-3"])
        {
            await cluster.BackAsync(child, await cluster.SignalAsync(child, "TERM"), Stopped);
            await crowd.TalkedAsync();
        }

        // When a silo stops, its streams stop after its rooms. So the last events that the rooms publish reach the
        // gateways.
        Assert.DoesNotContain(cluster.Said, line => line.Contains("StreamQueueStoppedException", StringComparison.Ordinal));
        await crowd.AssertNothingIsLostAsync(cluster.Ports[0]);
        await using var asker = await JsonClient.ConnectAsync(cluster.Ports[1], cluster.Fresh("asker"));
        foreach (var room in rooms)
        {
            await FaultCluster.CountsAsync(asker, room, crowd.Members.Length, TimeSpan.FromSeconds(13));
        }
    }

    /// <summary>
    /// Waits until the draining gateway is no longer ready. Returns its answers to the readiness check and to a new
    /// client.
    /// </summary>
    private async Task<(HttpStatusCode Ready, HttpStatusCode Upgrade)> RefusedAsync(long began)
    {
        HttpStatusCode ready;
        while ((ready = await RunningLocalCluster.ReadyAsync(cluster.Ports[2])) == HttpStatusCode.OK)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10), "The gateway was still ready 10 s after SIGTERM.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() =>
            socket.ConnectAsync(new($"ws://127.0.0.1:{cluster.Ports[2]}/ws?user=late"), TestContext.Current.CancellationToken));
        return (ready, socket.HttpStatusCode);
    }
}
