using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Endpoint;
using OrleansChat.Gateway.Tests.Hostile;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Gateway.Tests;

/// <summary>The origins of the pages that may open connections, over real HTTP.</summary>
public sealed class OriginsTests
{
    [Fact]
    public async Task Origin_WhenMissingOrOfTheOwnHost_IsAllowed()
    {
        await using var server = await GatewayServer.StartAsync();
        using var none = await server.ConnectAsync("/ws");
        using var own = await server.ConnectAsync("/ws", null, $"Origin: http://{server.Authority}");
        using var secure = await server.ConnectAsync("/ws", null, $"Origin: https://{server.Authority}");
    }

    [Theory]
    [InlineData("https://elsewhere.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://127.0.0.1:1.evil.example")]
    public async Task Origin_WhenItIsForeign_Gets403(string origin)
    {
        await using var server = await GatewayServer.StartAsync();
        Assert.Equal(403, await server.RefusedAsync("/ws", null, $"Origin: {origin}"));
    }

    [Fact]
    public async Task Origin_WhenItOnlyBeginsWithTheHost_Gets403()
    {
        await using var server = await GatewayServer.StartAsync();
        Assert.Equal(403, await server.RefusedAsync("/ws", null, $"Origin: http://{server.Authority}.evil.example"));
        Assert.Equal(403, await server.RefusedAsync("/ws", null, $"Origin: http://{server.Authority}@evil.example"));
    }

    [Fact]
    public async Task Origin_WhenListedOrTheListHasAStar_IsAllowed()
    {
        await using var strict = await GatewayServer.StartAsync(origins: ["https://chat.example.org"]);
        using var allowed = await strict.ConnectAsync("/ws", null, "Origin: https://chat.example.org");
        Assert.Equal(403, await strict.RefusedAsync("/ws", null, "Origin: http://chat.example.org"));

        await using var open = await GatewayServer.StartAsync(origins: ["*"]);
        using var any = await open.ConnectAsync("/ws", null, "Origin: https://elsewhere.example");
    }

    [Theory]
    [InlineData("xn--mnchen-3ya.de", "https://xn--mnchen-3ya.de")]
    [InlineData("xn--mnchen-3ya.de", "https://XN--MNCHEN-3YA.de")]
    [InlineData("chat.example.org:443", "https://chat.example.org")]
    [InlineData("chat.example.org:80", "http://chat.example.org")]
    [InlineData("chat.example.org", "https://chat.example.org:443")]
    [InlineData("chat.example.org.", "https://chat.example.org")]
    [InlineData("Chat.Example.org", "https://chat.example.org.")]
    [InlineData("[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080")]
    [InlineData("[FD00::a]", "https://[fd00::A]")]
    public async Task Origin_WhenWrittenDifferentlyFromTheHost_IsAllowed(string host, string origin)
    {
        await using var server = await GatewayServer.StartAsync();

        Assert.Equal(101, await StatusAsync(server, host, origin));
    }

    [Theory]
    [InlineData("chat.example.org:8080", "https://chat.example.org")]
    [InlineData("chat.example.org:80", "https://chat.example.org")]
    [InlineData("xn--mnchen-3ya.de", "https://munchen.de")]
    [InlineData("chat.example.org", "https://user@chat.example.org")]
    [InlineData("chat.example.org", "https://chat.example.org/path")]
    [InlineData("chat.example.org", "https://chat.example.org..")]
    [InlineData("[::1]", "https://[::2]")]
    public async Task Origin_WhenTheHostOrPortDiffers_Gets403(string host, string origin)
    {
        await using var server = await GatewayServer.StartAsync();

        Assert.Equal(403, await StatusAsync(server, host, origin));
    }

    [Fact]
    public async Task Origin_WhenOnlyAForwardedHostMatches_Gets403()
    {
        await using var server = await GatewayServer.StartAsync();

        Assert.Equal(403, await server.RefusedAsync("/ws", null, "Origin: https://evil.example", "X-Forwarded-Host: evil.example"));
    }

    [Fact]
    public async Task Origin_WhenListedInAnotherForm_IsAllowed()
    {
        await using var server = await GatewayServer.StartAsync(origins: ["https://MÜNCHEN.de:443/", "http://[0::1]:3000", "capacitor://localhost"]);

        using var punycode = await server.ConnectAsync("/ws", null, "Origin: https://xn--mnchen-3ya.de");
        using var address = await server.ConnectAsync("/ws", null, "Origin: http://[::1]:3000");
        using var app = await server.ConnectAsync("/ws", null, "Origin: capacitor://localhost");
        Assert.Equal(403, await server.RefusedAsync("/ws", null, "Origin: http://xn--mnchen-3ya.de"));
    }

    [Theory]
    [InlineData("chat.example.org")]
    [InlineData("https://chat.example.org/page")]
    [InlineData("https://*.example.org")]
    [InlineData("null")]
    [InlineData("")]
    public void Entry_WhenItIsNoOrigin_IsNamedInTheError(string entry)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Origins:Allowed:0"] = "https://a.example", ["Origins:Allowed:1"] = entry }).Build();

        var refused = Assert.Throws<OptionsValidationException>(() => configuration.Read<OriginOptions>(OriginOptions.Section));

        Assert.StartsWith($"Origins:Allowed:1: '{entry}' is not an origin", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_WhenRepeated_IsLoggedOncePerMinute()
    {
        using var log = new KeptLog();
        var time = new ManualTime();
        await using var server = await GatewayServer.StartAsync(log: log, time: time);

        var refusal = await server.RefusalAsync("/ws", null, "Origin: https://chat.example.org");
        await server.RefusedAsync("/ws", null, "Origin: https://chat.example.org");
        await server.RefusedAsync("/ws", null, "Origin: null");
        time.Advance(TimeSpan.FromMinutes(1));
        await server.RefusedAsync("/ws", null, "Origin: https://elsewhere.example");

        Assert.Contains("Origins:Allowed", refusal.Body, StringComparison.Ordinal);
        Assert.Contains("Host", refusal.Body, StringComparison.Ordinal);
        var lines = log.Lines.Select(line => line.Text).Where(text => text.Contains("A request from a page at ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, lines.Length);
        Assert.Contains($"A request from a page at chat.example.org:443 was refused: its Host header is {server.Authority}", lines[0], StringComparison.Ordinal);
        Assert.Contains("2 other requests were refused since", lines[1], StringComparison.Ordinal);
    }

    private static async Task<int> StatusAsync(GatewayServer server, string host, string origin)
    {
        using var stranger = await Stranger.ConnectAsync(server.Port);
        await stranger.SendAsync(
            $"GET /ws?user=ann HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        return int.Parse((await stranger.ReadHeadAsync()).Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
