using System.Diagnostics;
using OrleansChat.ClientCodec;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests;

/// <summary>The drain: before a gateway stops, it sends its clients to the other gateways.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task Drain_WhenAnotherGatewayRemains_PacesTheReconnects()
    {
        await using var server = await GatewayServer.StartAsync(drain: new() { AcceptsPerSecond = 10 });
        server.Registry.Shares = left => Task.FromResult(new DrainShare(1, left, true));
        var clients = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => EnterAsync(server, $"user-{n}")));
        var began = Stopwatch.GetTimestamp();
        var stopping = server.StopAsync();

        var byes = await Task.WhenAll(clients.Select(async client =>
        {
            var bye = await ByeAsync(client);
            var at = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            Assert.Equal((int)CloseCode.ServiceRestart, (await client.ReceiveCloseAsync()).CloseCode);
            client.Dispose();
            return (At: at, Back: at + bye.After!.Value);
        }));
        await stopping;

        // At most ten clients may reconnect per second, so client 1 must not reconnect before 100 ms, client 2 not
        // before 200 ms, and so on. The test accepts reconnects that are up to 60 ms too early. It sets no upper limit,
        // because a slow machine may delay a client.
        Assert.All(byes.OrderBy(bye => bye.At).Index(), bye => Assert.True(bye.Item.Back >= (bye.Index * 100) - 60, $"Client {bye.Index} may reconnect after only {bye.Item.Back} ms."));
    }

    [Fact]
    public async Task Drain_WhenOneClientHasLeft_KeepsTheOtherAndRefusesNewOnes()
    {
        await using var server = await GatewayServer.StartAsync(drain: new() { AcceptsPerSecond = 1, Within = TimeSpan.FromSeconds(6) });
        server.Registry.Shares = left => Task.FromResult(new DrainShare(1, 100 * left, true)); // The share says that other gateways drain too, with many more clients.
        using var ann = await EnterAsync(server, "ann");
        using var bob = await EnterAsync(server, "bob");

        var stopping = server.StopAsync();
        var byes = new[] { ByeAsync(ann), ByeAsync(bob) };
        Assert.NotNull((await await Task.WhenAny(byes)).After);

        Assert.Single(server.Connections.Living);
        Assert.Equal(503, await server.RefusedAsync("/ws?user=carl", Subprotocols.Json));
        await Task.WhenAll(byes);
        ann.Dispose();
        bob.Dispose();
        await Waiting.ForAsync(stopping, "the end of the drain");
    }

    [Fact]
    public async Task Drain_WhenAnAnswerIsPending_SendsItBeforeTheClose()
    {
        await using var server = await GatewayServer.StartAsync(drain: new() { AnswerTimeout = TimeSpan.FromSeconds(10) });
        using var ann = await EnterAsync(server, "ann");
        server.Rooms.HoldsAnswers = true;
        await ann.SendTextAsync("""{"t":"send","id":"m1","room":"lobby","text":"hello"}""");
        await Waiting.UntilAsync(() => server.Rooms.Calls.Contains("post lobby ann hello"), "the send to reach its room");

        var stopping = server.StopAsync();
        await Waiting.UntilAsync(() => server.Connections.Living.All(connection => connection.IsWaitingForAnswers), "the drain to begin");
        await ann.SendTextAsync("""{"t":"send","id":"m2","room":"lobby","text":"too late"}""");
        await Task.Delay(100, TestContext.Current.CancellationToken); // Drain:AnswerTimeout has not passed, so the connection stays.
        server.Rooms.HoldsAnswers = false;
        server.Rooms.AnswerAll();

        var said = new List<string>();
        while (said is not [.., var last] || !last.Contains("\"bye\"", StringComparison.Ordinal))
        {
            said.Add(await ann.ReceiveLineAsync());
        }

        Assert.DoesNotContain("post lobby ann too late", server.Rooms.Calls);
        Assert.Contains(said, line => line.Contains("\"ok\"", StringComparison.Ordinal) && line.Contains("m1", StringComparison.Ordinal));
        Assert.Equal((int)CloseCode.ServiceRestart, (await ann.ReceiveCloseAsync()).CloseCode);
        await stopping;
    }

    [Fact]
    public async Task Drain_WhenNoGatewayRemains_ClosesAllAtOnceWithoutATime()
    {
        await using var server = await GatewayServer.StartAsync(drain: new() { AcceptsPerSecond = 1 });
        var clients = await Task.WhenAll(Enumerable.Range(0, 5).Select(n => EnterAsync(server, $"user-{n}")));

        var stopping = server.StopAsync();
        foreach (var client in clients)
        {
            Assert.Null((await ByeAsync(client)).After);
            client.Dispose();
        }

        await Waiting.ForAsync(stopping, "the end of the drain", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Drain_WhenTheRegistryIsUnavailable_StillEnds()
    {
        await using var server = await GatewayServer.StartAsync(drain: new() { AcceptsPerSecond = 100 });
        server.Registry.Shares = _ => throw new TimeoutException("away");
        using var ann = await EnterAsync(server, "ann");

        var stopping = server.StopAsync();

        Assert.NotNull((await ByeAsync(ann)).After);
        ann.Dispose();
        await Waiting.ForAsync(stopping, "the end of the drain");
    }

    private static async Task<RawWebSocket> EnterAsync(GatewayServer server, string user)
    {
        var client = await server.ConnectAsync($"/ws?user={user}", Subprotocols.Json);
        await client.SendTextAsync("""{"t":"hello"}""");
        await client.SendTextAsync("""{"t":"join","room":"lobby"}""");
        await UntilAsync(client, "\"joined\"");
        return client;
    }

    private static async Task<Bye> ByeAsync(RawWebSocket client) =>
        Assert.IsType<Bye>(FrameReader.Read(System.Text.Encoding.UTF8.GetBytes(await UntilAsync(client, "\"bye\""))));

    private static async Task<string> UntilAsync(RawWebSocket client, string said)
    {
        while (true)
        {
            var line = await client.ReceiveLineAsync();
            if (line.Contains(said, StringComparison.Ordinal))
            {
                return line;
            }
        }
    }
}
