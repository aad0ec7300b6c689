using System.Net;
using System.Net.WebSockets;
using System.Text;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests;

/// <summary>
/// Requests that the gateway refuses before the WebSocket upgrade, and connections after the upgrade.
/// </summary>
public sealed class WebSocketEndpointTests
{
    [Fact]
    public async Task Request_WhenItIsNoUpgrade_Gets400()
    {
        await using var server = await GatewayServer.StartAsync();
        using var answer = await server.GetAsync("/ws");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task SecurityHeaders_WhenAnswering_ArePresentOnPagesOnly()
    {
        await using var server = await GatewayServer.StartAsync();
        using var page = await server.GetAsync("/chat.js");
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
        Assert.True(page.Headers.Contains("Content-Security-Policy"));

        using var upgrade = await server.UpgradeAsync("/ws?user=ann");
        Assert.Equal(HttpStatusCode.SwitchingProtocols, upgrade.StatusCode);
        Assert.Equal(
            ["Connection", "Date", "Sec-WebSocket-Accept", "Upgrade"], upgrade.Headers.Select(header => header.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Page_WhenServed_MayConnectToItsOwnHostAlone()
    {
        await using var server = await GatewayServer.StartAsync();

        using var page = await server.GetAsync("/");

        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Equal("connect-src 'self'", Assert.Single(policy.Split("; "), directive => directive.StartsWith("connect-src", StringComparison.Ordinal)));
        Assert.Contains("default-src 'none'; ", policy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "permessage-deflate; client_max_window_bits", "permessage-deflate")]
    [InlineData(true, "permessage-deflate", "permessage-deflate")]
    [InlineData(true, "x-shrink", "")]
    [InlineData(true, null, "")]
    [InlineData(false, "permessage-deflate", "")]
    public async Task Compression_WhenBothSidesWantIt_IsUsed(bool set, string? offered, string agreed)
    {
        await using var server = await GatewayServer.StartAsync(connections: new() { Deflate = set });
        using var client = await server.ConnectAsync("/ws?room=lobby&raw=1&user=ann", null, Offer(offered));
        Assert.Equal(agreed, client.Extensions.Split(';')[0]);

        await client.SendTextAsync(Repeating);
        var frame = await client.ReceiveFrameAsync();

        Assert.Equal(Repeating, frame!.TextPayload);
        Assert.Equal(agreed.Length > 0, frame.Compressed);
    }

    [Fact]
    public async Task Compression_WhenTheWindowIsSmaller_IsNotUsed()
    {
        await using var server = await GatewayServer.StartAsync(connections: new() { Deflate = true });
        using var client = await server.ConnectAsync("/ws?room=lobby&raw=1&user=ann", null, Offer("permessage-deflate; server_max_window_bits=10"));
        Assert.Contains("server_max_window_bits=10", client.Extensions, StringComparison.Ordinal);

        await client.SendTextAsync(Repeating);
        var frame = await client.ReceiveFrameAsync();

        Assert.Equal(Repeating, frame!.TextPayload);
        Assert.False(frame.Compressed);
    }

    [Fact]
    public async Task Clients_WhenOnlyOneCompresses_ReceiveTheSame()
    {
        await using var server = await GatewayServer.StartAsync(connections: new() { Deflate = true });
        using var plain = await server.ConnectAsync("/ws?room=lobby&raw=1&user=ann");
        using var framework = new ClientWebSocket();
        framework.Options.DangerousDeflateOptions = new();
        await framework.ConnectAsync(new($"ws://{server.Authority}/ws?room=lobby&raw=1&user=bob"), TestContext.Current.CancellationToken);

        for (var i = 0; i < 5; i++)
        {
            // The client compresses each message with its earlier messages as context. The server inflates the message
            // with the same context. The server compresses each message separately.
            var said = $"{i} {Repeating}";
            await framework.SendAsync(Encoding.UTF8.GetBytes(said), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
            Assert.Equal(said, await plain.ReceiveTextAsync());
            var buffer = new byte[1024];
            var heard = await framework.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            Assert.True(heard.EndOfMessage);
            Assert.Equal(said, Encoding.UTF8.GetString(buffer, 0, heard.Count));
        }
    }

    private static readonly string Repeating = string.Concat(Enumerable.Repeat("what repeats is short ", 20)).TrimEnd();

    private static string[] Offer(string? extension) => extension is null ? [] : [$"Sec-WebSocket-Extensions: {extension}"];

    [Theory]
    [InlineData("/ws?room=No", null)]
    [InlineData("/ws?after=soon", null)]
    [InlineData("/ws", "chat.v2")]
    [InlineData("/ws", "orleanschat.v2.json")]
    public async Task Request_WhenItCannotBeServed_Gets400(string path, string? subprotocol)
    {
        await using var server = await GatewayServer.StartAsync();
        Assert.Equal(400, await server.RefusedAsync(path, subprotocol));
    }

    [Theory]
    [InlineData(Subprotocols.Json)]
    [InlineData(Subprotocols.Text)]
    [InlineData(null)]
    public async Task Subprotocol_WhenRequested_SelectsTheMode(string? subprotocol)
    {
        await using var server = await GatewayServer.StartAsync();
        using var client = await server.ConnectAsync("/ws?user=ann", subprotocol);
        Assert.Equal(subprotocol, client.Subprotocol);
        if (subprotocol == Subprotocols.Json)
        {
            await client.SendTextAsync("""{"t":"hello"}""");
        }

        Assert.StartsWith(subprotocol == Subprotocols.Json ? "{\"t\":\"welcome\"" : "* you are ann", await client.ReceiveLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RootPath_WhenAnOldClientConnects_ServesIt()
    {
        await using var server = await GatewayServer.StartAsync();
        using var client = await server.ConnectAsync("/?room=lobby&raw=1&user=ann");
        await client.SendTextAsync("hello");
        Assert.Equal("hello", await client.ReceiveLineAsync());
    }

    [Fact]
    public async Task Connect_WhenAllPlacesAreTaken_Gets503UntilOneIsFree()
    {
        await using var server = await GatewayServer.StartAsync(most: 1);
        using (var first = await server.ConnectAsync("/ws"))
        {
            Assert.Equal(503, await server.RefusedAsync("/ws"));
            await first.SendCloseAsync();
            await first.ReceiveEndAsync();
        }

        await Waiting.UntilAsync(() => server.Connections.Count == 0, "the place to be free");
        using var second = await server.ConnectAsync("/ws");
    }

    [Fact]
    public async Task Request_WhenRefused_TakesNoPlace()
    {
        await using var server = await GatewayServer.StartAsync(most: 1);
        Assert.Equal(400, await server.RefusedAsync("/ws", "chat.v2"));
        using var client = await server.ConnectAsync("/ws");
    }

    [Fact]
    public async Task Drain_WhenClientsAreConnected_SaysByeAndClosesWith1012()
    {
        await using var server = await GatewayServer.StartAsync();
        using var json = await server.ConnectAsync("/ws?user=ann", Subprotocols.Json);
        await json.SendTextAsync("""{"t":"hello"}""");
        await json.ReceiveTextAsync();
        using var text = await server.ConnectAsync("/ws?user=bob");
        await text.ReceiveLineAsync();

        var stopping = server.StopAsync();
        Assert.Contains("\"t\":\"bye\",\"code\":1012", await json.ReceiveTextAsync(), StringComparison.Ordinal);
        Assert.Equal(1012, (await json.ReceiveCloseAsync()).CloseCode);
        await json.SendCloseAsync(1012);
        string line;
        while ((line = await text.ReceiveLineAsync()).StartsWith("* you are", StringComparison.Ordinal))
        {
        }

        Assert.Equal("* goodbye: this gateway is going away", line);
        Assert.Equal(1012, (await text.ReceiveCloseAsync()).CloseCode);
        await text.SendCloseAsync(1012);
        await Waiting.ForAsync(stopping, "the end of the drain");
        Assert.Equal(["connect ann", "connect bob", "disconnect ann", "disconnect bob"], server.Users.Calls.Order());
    }

    [Fact]
    public async Task Connection_WhenTheClusterIsUnavailable_EndsWith4004()
    {
        await using var server = await GatewayServer.StartAsync();
        server.Users.BeforeConnect = () => throw new TimeoutException("away");
        using var text = await server.ConnectAsync("/ws");
        Assert.Equal((int)CloseCode.ServerError, (await text.ReceiveCloseAsync()).CloseCode);

        using var json = await server.ConnectAsync("/ws?user=ann", Subprotocols.Json);
        await json.SendTextAsync("""{"t":"hello"}""");
        Assert.Equal((int)CloseCode.ServerError, (await json.ReceiveCloseAsync()).CloseCode);
    }

    [Fact]
    public async Task JsonConnection_WhenNoHelloArrives_EndsWith4501()
    {
        await using var server = await GatewayServer.StartAsync(sessions: new() { HelloTimeout = TimeSpan.FromSeconds(1) });
        using var client = await server.ConnectAsync("/ws?user=ann", Subprotocols.Json);
        Assert.Equal(4501, (await client.ReceiveCloseAsync()).CloseCode);
    }

    [Fact]
    public async Task Users_WhenInDifferentModes_ReceiveEachOthersMessages()
    {
        await using var server = await GatewayServer.StartAsync();
        using var ann = await server.ConnectAsync("/ws?user=ann", Subprotocols.Json);
        await ann.SendTextAsync("{\"t\":\"hello\"}\n{\"t\":\"join\",\"id\":\"j\",\"room\":\"lobby\"}");
        Assert.StartsWith("{\"t\":\"welcome\"", await ann.ReceiveLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("{\"t\":\"joined\"", await ann.ReceiveLineAsync(), StringComparison.Ordinal);

        using var bob = await server.ConnectAsync("/ws?user=bob");
        await bob.ReceiveLineAsync();
        await bob.ReceiveLineAsync();

        await bob.SendTextAsync("hello from text");
        Assert.Contains("\"text\":\"hello from text\"", await ann.ReceiveLineAsync(), StringComparison.Ordinal);
        await ann.SendTextAsync("""{"t":"send","id":"1","room":"lobby","text":"hello from JSON"}""");
        Assert.Equal("bob: hello from text", await bob.ReceiveLineAsync());
        Assert.Equal("ann: hello from JSON", await bob.ReceiveLineAsync());
    }
}
