using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>
/// Users on two gateways change the settings of a group on the chat page, and join the group with a link.
/// </summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class GroupSettingsPageTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Composer_WhenAnOwnerMakesTheGroupReadOnly_IsOffForMembers()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var browser = await Browser.StartAsync();
        var owner = await OpenAsync(browser, cluster.First, ann);
        var member = await OpenAsync(browser, cluster.Second, bob);
        await CreateAsync(owner, "Notices");
        await owner.GetByTestId("invite-input").FillAsync(bob);
        await owner.GetByTestId("invite-button").ClickAsync();
        await member.GetByTestId("invitation").Locator(".room-open").ClickAsync();
        await SayAsync(member, "before");
        await Expect(owner.GetByTestId("messages")).ToContainTextAsync("before");
        await Expect(member.GetByTestId("settings")).ToBeHiddenAsync();

        await owner.GetByTestId("settings").Locator("summary").ClickAsync();
        await SetAsync(owner, "members-write", false);

        await Expect(member.GetByTestId("composer-blocked")).ToContainTextAsync("Only owners and moderators can write");
        await Expect(member.GetByTestId("composer")).ToHaveAttributeAsync("readonly", "");
        await Expect(member.GetByTestId("messages")).ToContainTextAsync("changed the settings of the group");
        await SayAsync(owner, "Read this");
        await Expect(member.GetByTestId("messages")).ToContainTextAsync("Read this");

        await member.ReloadAsync();
        await Expect(member.GetByTestId("composer-blocked")).ToContainTextAsync("Only owners and moderators can write");

        await SetAsync(owner, "members-write", true);
        await Expect(member.GetByTestId("composer-blocked")).ToBeEmptyAsync();
        await SayAsync(member, "after");
        await Expect(owner.GetByTestId("messages")).ToContainTextAsync("after");
    }

    [Fact]
    public async Task InvitationLink_WhenAStrangerOpensIt_AsksAndJoins()
    {
        var (ann, zoe) = (cluster.Fresh("ann"), cluster.Fresh("zoe"));
        await using var browser = await Browser.StartAsync();
        var owner = await OpenAsync(browser, cluster.First, ann);
        await CreateAsync(owner, "Garden party");
        var link = await MakeLinkAsync(owner);

        var guest = await OpenLinkAsync(browser, link, zoe);
        await Expect(guest.GetByTestId("confirm")).ToContainTextAsync("Join the group?");
        Assert.DoesNotContain(link.Fragment[1..], guest.Url, StringComparison.Ordinal);
        Assert.Equal(0, await owner.Locator($"[data-testid=member][data-user='{zoe}']").CountAsync());
        await guest.GetByTestId("confirm-button").ClickAsync();

        await Expect(guest.GetByTestId("room-name")).ToContainTextAsync("Garden party");
        await Expect(owner.GetByTestId("messages")).ToContainTextAsync("with an invitation link");
        await SayAsync(guest, "I bring cake");
        await Expect(owner.GetByTestId("messages")).ToContainTextAsync("I bring cake");
        Assert.DoesNotContain("invite", guest.Url, StringComparison.Ordinal);

        await guest.ReloadAsync();
        await Expect(guest.GetByTestId("messages")).ToContainTextAsync("I bring cake");
        await Expect(guest.GetByTestId("confirm")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task InvitationLink_WhenItIsUsedUp_SaysThatItIsNotValid()
    {
        var (ann, zoe, eve) = (cluster.Fresh("ann"), cluster.Fresh("zoe"), cluster.Fresh("eve"));
        await using var browser = await Browser.StartAsync();
        var owner = await OpenAsync(browser, cluster.First, ann);
        await CreateAsync(owner, "For two");
        var link = await MakeLinkAsync(owner, uses: "1");
        var first = await OpenLinkAsync(browser, link, zoe);
        await first.GetByTestId("confirm-button").ClickAsync();
        await Expect(first.GetByTestId("room-name")).ToContainTextAsync("For two");

        var late = await OpenLinkAsync(browser, link, eve);
        await late.GetByTestId("confirm-button").ClickAsync();

        await Expect(late.GetByTestId("notice")).ToContainTextAsync("not valid any more");
        await Expect(late.Locator("body")).Not.ToContainTextAsync("For two");
    }

    private async Task<IPage> OpenAsync(Browser browser, int port, string user)
    {
        var page = await browser.OpenAsync($"http://localhost:{port}/?user={user}&room={cluster.Fresh("room")}");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        return page;
    }

    /// <summary>
    /// Opens an invitation link on the second gateway, in a new browser profile, and types the user's name.
    /// </summary>
    private async Task<IPage> OpenLinkAsync(Browser browser, Uri link, string user)
    {
        var page = await browser.OpenAsync(new UriBuilder(link) { Port = cluster.Second }.Uri.AbsoluteUri);
        await page.GetByTestId("name-input").FillAsync(user);
        await page.GetByTestId("name-button").ClickAsync();
        return page;
    }

    private static async Task CreateAsync(IPage page, string title)
    {
        await page.GetByTestId("new-group").ClickAsync();
        await page.GetByTestId("title-input").FillAsync(title);
        await page.GetByTestId("title-button").ClickAsync();
        await Expect(page.GetByTestId("room-name")).ToContainTextAsync(title);
    }

    private static async Task<Uri> MakeLinkAsync(IPage page, string uses = "10")
    {
        await page.GetByTestId("link").Locator("summary").ClickAsync();
        await page.GetByTestId("link-uses").FillAsync(uses);
        await page.GetByTestId("make-link").ClickAsync();
        await Expect(page.GetByTestId("link-address")).ToBeVisibleAsync();
        return new(await page.GetByTestId("link-address").InputValueAsync());
    }

    private static async Task SetAsync(IPage page, string setting, bool value)
    {
        await page.GetByTestId(setting).SetCheckedAsync(value);
        await page.GetByTestId("save-settings").ClickAsync();
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.GetByTestId("composer").FillAsync(text);
        await page.GetByTestId("composer").PressAsync("Enter");
    }
}
