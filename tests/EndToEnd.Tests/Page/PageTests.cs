using System.Diagnostics;
using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>The chat page as users use it: in a real browser, in tabs on different gateways.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class PageTests(ProcessTestCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Page_WhenTwoTabsUseTwoGateways_ShowsMessagesInBoth()
    {
        await using var browser = await Browser.StartAsync();
        var room = cluster.Fresh("room");
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        var first = await OpenAsync(browser, cluster.First, ann, room);
        await Expect(first.GetByTestId("person").Filter(new() { HasText = ann })).ToBeVisibleAsync();
        var second = await OpenAsync(browser, cluster.Second, bob, room);
        await Expect(first.GetByTestId("person").Filter(new() { HasText = bob })).ToBeVisibleAsync();

        await SayAsync(first, "Hello from the first gateway");
        await Expect(Message(second, ann, "Hello from the first gateway")).ToBeVisibleAsync();
        await SayAsync(second, "<b>And</b> from the second one");

        await Expect(Message(first, bob, "<b>And</b> from the second one")).ToBeVisibleAsync();
        await Expect(first.GetByTestId("message")).ToHaveCountAsync(2);
        await Expect(first.GetByTestId("pending")).ToHaveCountAsync(0);
        await Browser.KeepAsync(first, "two-users");
    }

    [Fact]
    public async Task Page_WhenScrolledUp_ShowsTheWholeHistory()
    {
        await using var writer = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("writer"));
        var room = cluster.Fresh("room");
        await writer.JoinAsync(room);
        await Task.WhenAll(Enumerable.Range(1, 120).Select(n => writer.SendAsync(room, $"line {n}")));
        await using var browser = await Browser.StartAsync();

        var page = await OpenAsync(browser, cluster.Second, cluster.Fresh("reader"), room);
        await Expect(page.Locator("[data-testid=message][data-seq='120']")).ToBeVisibleAsync();
        await Expect(page.Locator("[data-testid=message][data-seq='1']")).ToHaveCountAsync(0);

        for (var began = Stopwatch.GetTimestamp();
            Stopwatch.GetElapsedTime(began) < Patience && await page.Locator("[data-testid=message][data-seq='1']").CountAsync() == 0;)
        {
            await page.GetByTestId("messages").EvaluateAsync("log => { log.scrollTop = 0; log.parentElement.scrollTop = 0; }");
            await page.WaitForTimeoutAsync(100);
        }

        await Expect(page.Locator("[data-testid=message][data-seq='1']")).ToHaveCountAsync(1);
        var seqs = await page.GetByTestId("message").EvaluateAllAsync<int[]>("all => all.map(one => Number(one.dataset.seq))");
        Assert.Equal(Enumerable.Range(1, 120), seqs);
    }

    [Fact]
    public async Task FirstMessage_WhenItCameWhileAway_AppearsAsAConversation()
    {
        await using var browser = await Browser.StartAsync();
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using (var sender = await JsonClient.ConnectAsync(cluster.Second, bob))
        {
            await sender.SendAsync($"@{ann}", "psst");
        }

        var page = await OpenAsync(browser, cluster.First, ann, cluster.Fresh("room"));

        var conversation = page.Locator($"[data-testid=room][data-room='@{bob}']");
        await Expect(conversation).ToHaveAttributeAsync("data-unread", "1");
        await conversation.ClickAsync();
        await Expect(page.GetByTestId("message")).ToContainTextAsync("psst");
    }

    [Fact]
    public async Task DirectMessage_WhenItIsFromAnotherGateway_AppearsAsAConversation()
    {
        await using var browser = await Browser.StartAsync();
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        var page = await OpenAsync(browser, cluster.First, ann, cluster.Fresh("room"));
        await using var sender = await JsonClient.ConnectAsync(cluster.Second, bob);

        await sender.SendAsync($"@{ann}", "psst");

        var conversation = page.Locator($"[data-testid=room][data-room='@{bob}']");
        await Expect(conversation).ToBeVisibleAsync();
        await Expect(conversation).ToHaveAttributeAsync("data-unread", "1");
        await conversation.ClickAsync();
        await Expect(Message(page, bob, "psst")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Page_WhenUsedOnAPhoneByKeyboard_SendsMessages()
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync($"http://localhost:{cluster.First}/?room={cluster.Fresh("room")}", width: 360);
        var name = cluster.Fresh("phone");

        await Expect(page.GetByTestId("name-input")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(name);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        await Expect(page.GetByTestId("composer")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("typed, not clicked");
        await page.Keyboard.PressAsync("Enter");

        await Expect(Message(page, name, "typed, not clicked")).ToBeVisibleAsync();
        await Browser.KeepAsync(page, "phone");
        var overflows = await page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth");
        Assert.False(overflows, "The page is wider than a phone.");
    }

    private static async Task<IPage> OpenAsync(Browser browser, int port, string user, string room)
    {
        var page = await browser.OpenAsync($"http://localhost:{port}/?user={Uri.EscapeDataString(user)}&room={room}");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        return page;
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.GetByTestId("composer").FillAsync(text);
        await page.GetByTestId("composer").PressAsync("Enter");
    }

    private static ILocator Message(IPage page, string from, string text) =>
        page.Locator($"[data-testid=message][data-from='{from}']").Filter(new() { HasText = text });
}
