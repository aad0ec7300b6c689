using System.Text.Json.Nodes;
using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>The list of rooms comes from the server, so each browser of a user shows the same list.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class RoomListPageTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Conversation_WhenMutedAndPinned_ShowsSoOnAFreshBrowser()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var sender = await JsonClient.ConnectAsync(cluster.Second, bob);
        await sender.SendAsync($"@{ann}", "shall we?");
        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, cluster.First, ann);
        await Expect(Row(page, bob).GetByTestId("last")).ToContainTextAsync("shall we?");

        await ActAsync(page, bob, "pin");
        await ActAsync(page, bob, "mute");
        await page.GetByTestId("confirm-button").ClickAsync();
        await Expect(Row(page, bob)).ToHaveAttributeAsync("data-muted", "true");

        var fresh = await OpenAsync(browser, cluster.Second, ann);
        await Expect(fresh.GetByRole(AriaRole.List, new() { Name = "Pinned" }).Locator($"[data-room='@{bob}']")).ToBeVisibleAsync();
        await Expect(Row(fresh, bob)).ToHaveAttributeAsync("data-muted", "true");
        await Expect(Row(fresh, bob).GetByTestId("badge")).ToHaveClassAsync("badge is-quiet");
        await Expect(Row(fresh, bob)).ToHaveAttributeAsync("data-unread", "1");
        Assert.DoesNotContain("(1)", await fresh.TitleAsync(), StringComparison.Ordinal);

        await ActAsync(fresh, bob, "unmute");
        await ActAsync(fresh, bob, "unpin");
        await Expect(Row(page, bob)).ToHaveAttributeAsync("data-muted", "false");
        await Expect(Row(page, bob)).ToHaveAttributeAsync("data-pinned", "false");
    }

    [Fact]
    public async Task Conversation_WhenItHasMentions_ShowsTheirNumberUntilTheyAreRead()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var sender = await JsonClient.ConnectAsync(cluster.Second, bob);
        await MentionAsync();
        await sender.SendAsync($"@{ann}", "no mention");
        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, cluster.First, ann);
        await Expect(Row(page, bob).GetByTestId("mentions")).ToHaveTextAsync("@1 mention");

        await MentionAsync();
        await Expect(Row(page, bob).GetByTestId("mentions")).ToHaveTextAsync("@2 mentions");
        await Expect(Row(page, bob)).ToHaveAttributeAsync("data-unread", "3");

        await page.Locator($"[data-room='@{bob}'] .room-open").ClickAsync();
        await Expect(Row(page, bob).GetByTestId("mentions")).ToHaveCountAsync(0);
        await Expect(Row(page, bob)).ToHaveAttributeAsync("data-unread", "0");

        async Task MentionAsync()
        {
            var send = sender.Command("send");
            (send["room"], send["text"], send["mentions"]) = ($"@{ann}", "psst", new JsonArray(ann));
            await sender.AskAsync(send, "ok");
        }
    }

    [Fact]
    public async Task Conversation_WhenArchivedByKeyboard_IsBehindTheToggle()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var sender = await JsonClient.ConnectAsync(cluster.Second, bob);
        await sender.SendAsync($"@{ann}", "old news");
        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, cluster.First, ann);
        await Row(page, bob).GetByTestId("room-actions").FocusAsync();

        await page.Keyboard.PressAsync("Enter");
        await Expect(Row(page, bob).GetByTestId("room-archive")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(Row(page, bob).GetByTestId("room-archive")).ToHaveCountAsync(0);
        await Expect(Row(page, bob).GetByTestId("room-actions")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Row(page, bob).GetByTestId("room-archive").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(Row(page, bob)).ToHaveCountAsync(0);

        var fresh = await OpenAsync(browser, cluster.Second, ann);
        await Expect(fresh.GetByTestId("archive")).ToContainTextAsync("Archived · 1");
        await Expect(Row(fresh, bob)).ToHaveCountAsync(0);
        await fresh.GetByTestId("archive").ClickAsync();
        await Expect(Row(fresh, bob)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Conversation_WhenHidden_ReturnsWithItsNextMessage()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var sender = await JsonClient.ConnectAsync(cluster.Second, bob);
        await sender.SendAsync($"@{ann}", "first");
        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, cluster.First, ann);

        await ActAsync(page, bob, "hide");
        await Expect(Row(page, bob)).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        await sender.SendAsync($"@{ann}", "second");

        await Expect(Row(page, bob).GetByTestId("last")).ToContainTextAsync("second");
    }

    private async Task<IPage> OpenAsync(Browser browser, int port, string user)
    {
        var page = await browser.OpenAsync($"http://localhost:{port}/?user={user}&room={cluster.Fresh("room")}");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        return page;
    }

    private static ILocator Row(IPage page, string user) => page.Locator($"[data-testid=room][data-room='@{user}']");

    private static async Task ActAsync(IPage page, string user, string action)
    {
        await Row(page, user).GetByTestId("room-actions").ClickAsync();
        await Row(page, user).GetByTestId($"room-{action}").ClickAsync();
    }
}
