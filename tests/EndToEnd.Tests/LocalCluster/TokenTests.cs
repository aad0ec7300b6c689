using System.Text.RegularExpressions;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.Page;
using OrleansChat.TestSupport;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.LocalCluster;

/// <summary>With <c>--identity tokens</c>, every gateway admits only users with a token.</summary>
public sealed partial class TokenTests
{
    [Fact]
    public async Task Gateway_WhenIdentityIsTokens_AdmitsOnlyUsersWithAToken()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(2, "--store", "memory", "--identity", "tokens", "--user", "ann", "--user", "Jürgen");
        var ways = WaysIn(cluster);
        Assert.Equal(["Jürgen", "ann"], ways.Keys.Order(StringComparer.Ordinal));

        // Ann sends her token in a header. Jürgen connects to the other gateway, and sends his token in hello.
        using var ann = await ConnectAsync(cluster.Port, "/ws?room=lobby", $"Authorization: Bearer {ways["ann"].Token}");
        Assert.Equal("* you are ann, /help shows the commands", await ann.ReceiveLineAsync());
        Assert.Equal("* you are in lobby (1 here)", await ann.ReceiveLineAsync());
        await using var other = await JsonClient.ConnectByTokenAsync(cluster.Port + 1, "Jürgen", ways["Jürgen"].Token);
        await other.JoinAsync("lobby");
        await other.SendAsync("lobby", "Hello by token");
        string line;
        do
        {
            line = await ann.ReceiveLineAsync();
        }
        while (line != "Jürgen: Hello by token");

        foreach (var path in new[] { "/ws", "/ws?user=ann", $"/ws?access_token={ways["ann"].Token[..^4]}AAAA" })
        {
            Assert.Equal(401, (await Assert.ThrowsAsync<RawUpgradeRefusedException>(() => ConnectAsync(cluster.Port, path))).Status);
        }
    }

    [Fact]
    public async Task Page_WhenOpenedAtThePrintedAddress_SignsTheUserIn()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory", "--identity", "tokens");
        var address = WaysIn(cluster)["alice"].Page;
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(address);
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        await Expect(page.GetByTestId("self")).ToHaveTextAsync("alice");
        Assert.DoesNotContain("access_token", page.Url, StringComparison.Ordinal);
        await page.GetByTestId("composer").FillAsync("Hello from the page");
        await page.GetByTestId("send").ClickAsync();
        await Expect(page.GetByTestId("message").Filter(new() { HasText = "Hello from the page" })).ToBeVisibleAsync();

        await page.ReloadAsync();
        await Expect(page.GetByTestId("self")).ToHaveTextAsync("alice");

        var refused = await browser.OpenAsync(address[..^4] + "AAAA");
        await Expect(refused.GetByTestId("arrival")).ToContainTextAsync("not valid here");
        Assert.DoesNotContain("access_token", refused.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_WhenALinkIsForAnotherUser_AsksBeforeItChanges()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(1, "--store", "memory", "--identity", "tokens");
        var ways = WaysIn(cluster);
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync(ways["alice"].Page);
        await Expect(page.GetByTestId("self")).ToHaveTextAsync("alice");

        // Alice's browser opens the URL with Bob's token twice. The first time, only the fragment of her open page
        // changes. The second time, the browser loads the page.
        await page.EvaluateAsync("token => { location.hash = 'access_token=' + token; }", ways["bob"].Token);
        await Expect(page.GetByTestId("question")).ToContainTextAsync("alice");
        await Expect(page.GetByTestId("question")).ToContainTextAsync("bob");
        Assert.DoesNotContain("access_token", page.Url, StringComparison.Ordinal);
        await page.GetByTestId("stay").ClickAsync();
        await Expect(page.GetByTestId("self")).ToHaveTextAsync("alice");
        await page.GotoAsync(new Uri(new(ways["alice"].Page), "/?user=bob").ToString());
        await Expect(page.GetByTestId("self")).ToHaveTextAsync("alice");

        await page.GotoAsync(ways["bob"].Page);
        await page.GetByTestId("change").ClickAsync();
        await Expect(page.GetByTestId("self")).ToHaveTextAsync("bob");
        await page.ReloadAsync();
        await Expect(page.GetByTestId("self")).ToHaveTextAsync("bob");

        var old = await browser.OpenAsync(ways["alice"].Page.Replace('#', '?'));
        await Expect(old.GetByTestId("arrival")).ToContainTextAsync("#access_token=");
        Assert.DoesNotContain("access_token", old.Url, StringComparison.Ordinal);
    }

    /// <summary>Returns the address of the page and the token that LocalCluster printed for each user.</summary>
    private static Dictionary<string, (string Page, string Token)> WaysIn(RunningLocalCluster cluster) =>
        cluster.Group.Output.Select(line => WayIn().Match(line)).Where(way => way.Success)
            .ToDictionary(way => way.Groups["user"].Value, way => (way.Groups["page"].Value, way.Groups["token"].Value));

    private static Task<RawWebSocket> ConnectAsync(int port, string path, params string[] headers) =>
        RawWebSocket.ConnectAsync(new($"ws://127.0.0.1:{port}{path}"), [], headers);

    [GeneratedRegex(@"^(?<user>\S+)'s page:\s+(?<page>\S+access_token=(?<token>\S+))$")]
    private static partial Regex WayIn();
}
