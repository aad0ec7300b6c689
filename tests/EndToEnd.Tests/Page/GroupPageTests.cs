using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>Two users, on two gateways, use a private group on the chat page.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class GroupPageTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task PrivateGroup_WhenAUserIsInvitedAndRemoved_OpensAndCloses()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var browser = await Browser.StartAsync();
        var owner = await OpenAsync(browser, cluster.First, ann);
        var guest = await OpenAsync(browser, cluster.Second, bob);

        await owner.GetByTestId("new-group").ClickAsync();
        await owner.GetByTestId("title-input").FillAsync("Garden party");
        await owner.GetByTestId("title-button").ClickAsync();
        await Expect(owner.GetByTestId("room-name")).ToContainTextAsync("Garden party");
        await owner.GetByTestId("invite-input").FillAsync(bob);
        await owner.GetByTestId("invite-button").ClickAsync();

        await Expect(guest.GetByTestId("invitation")).ToContainTextAsync("Garden party");
        await guest.GetByTestId("invitation").Locator(".room-open").ClickAsync();
        await Expect(guest.GetByTestId("room-name")).ToContainTextAsync("Garden party");
        await SayAsync(guest, "I bring cake");
        await Expect(owner.GetByTestId("messages")).ToContainTextAsync("I bring cake");
        await Browser.KeepAsync(owner, "private-group");

        await ActAsync(owner, bob, "mute");
        await Expect(guest.GetByTestId("composer-blocked")).ToContainTextAsync("muted");
        await ActAsync(owner, bob, "unmute");
        await Expect(guest.GetByTestId("composer-blocked")).ToBeEmptyAsync();
        await SayAsync(guest, "thank you");
        await Expect(owner.GetByTestId("messages")).ToContainTextAsync("thank you");

        await ActAsync(owner, bob, "kick");
        await Expect(guest.Locator("[data-testid=room]").Filter(new() { HasText = "Garden party" })).ToHaveCountAsync(0);
        await SayAsync(owner, "only us now");
        await guest.ReloadAsync();
        await Expect(guest.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        await Expect(guest.Locator("body")).Not.ToContainTextAsync("only us now");
        await Expect(guest.GetByTestId("invitation")).ToHaveCountAsync(0);
    }

    private async Task<IPage> OpenAsync(Browser browser, int port, string user)
    {
        var page = await browser.OpenAsync($"http://localhost:{port}/?user={user}&room={cluster.Fresh("room")}");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        return page;
    }

    private static async Task ActAsync(IPage page, string user, string action)
    {
        var row = page.Locator($"[data-testid=member][data-user='{user}']");
        await row.GetByTestId("member-actions").ClickAsync();
        await row.GetByTestId($"do-{action}").ClickAsync();
        if (action is not "unmute")
        {
            await page.GetByTestId("confirm-button").ClickAsync();
        }
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.GetByTestId("composer").FillAsync(text);
        await page.GetByTestId("composer").PressAsync("Enter");
    }
}
