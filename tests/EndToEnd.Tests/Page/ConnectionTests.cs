using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>
/// The chat page behind a network that drops all bytes, and behind a proxy that serves the page below a path prefix.
/// </summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task Page_WhenItsConnectionFallsSilent_ReconnectsByItself()
    {
        var heartbeat = new Dictionary<string, string> { ["Connections:Heartbeat"] = "00:00:01" };
        await using var cluster = await RunningLocalCluster.StartAsync(1, heartbeat, "--store", "memory");
        await using var relay = new TcpRelay("127.0.0.1", cluster.Port);
        await using var bob = await JsonClient.ConnectAsync(cluster.Port, "bob");
        await bob.JoinAsync("lobby");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync($"http://127.0.0.1:{relay.Port}/?user=ann&room=lobby");
        await Expect(page.GetByTestId("person").Filter(new() { HasText = "bob" })).ToBeVisibleAsync();

        relay.Silence();
        await bob.SendAsync("lobby", "Are you there?");

        await Expect(page.GetByTestId("message").Filter(new() { HasText = "Are you there?" })).ToBeVisibleAsync();
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
    }

    [Fact]
    public async Task Page_WhenServedBelowAPathPrefix_Chats()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory");
        var prefix = new PathPrefix("/chat");
        await using var relay = new TcpRelay("127.0.0.1", cluster.Port, prefix.OpenAsync);
        await using var bob = await JsonClient.ConnectAsync(cluster.Port, "bob");
        await bob.JoinAsync("lobby");
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync($"http://127.0.0.1:{relay.Port}/chat/?user=ann&room=lobby");

        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        await page.GetByTestId("composer").FillAsync("Hello from below");
        await page.GetByTestId("composer").PressAsync("Enter");

        Assert.Equal("Hello from below", (string?)(await bob.EventsAsync("lobby", 1))[0]["text"]);
        await Expect(page.GetByTestId("pending")).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(page.GetByTestId("message").Filter(new() { HasText = "Hello from below" })).ToBeVisibleAsync();
        Assert.Empty(prefix.Strays);
    }
}
