using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.TestSupport;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>
/// A user of the chat page becomes a member of a group only if the user clicks the button to join, or types the group's
/// name.
/// </summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class MembershipTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Page_WhenALinkNamesAGroup_EntersItOnlyOnAClick()
    {
        var (ann, bob, team) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using var owner = await OwnerAsync(bob, team);
        await using var browser = await Browser.StartAsync();

        var page = await browser.OpenAsync($"http://localhost:{cluster.First}/?user={ann}&room={team}");

        await Expect(page.GetByTestId("enter")).ToHaveTextAsync($"Join {team}");
        Assert.Equal([$"{bob} join"], await LogAsync(owner, team));
        await page.GetByTestId("enter").ClickAsync();
        await owner.EventsAsync(team, 2);
        Assert.Equal([$"{bob} join", $"{ann} join"], await LogAsync(owner, team));
        await Expect(page.GetByTestId("entry")).ToBeHiddenAsync();
        await page.ReloadAsync();
        await SayAsync(page, "Here I am");
        await owner.EventsAsync(team, 3);
    }

    [Fact]
    public async Task Page_WhenAGroupWasLeftWhileItWasAway_DoesNotEnterItAgain()
    {
        var (zoe, bob, team) = (cluster.Fresh("zoe"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using var owner = await OwnerAsync(bob, team);
        await using var relay = new TcpRelay("127.0.0.1", cluster.First);
        await using var browser = await Browser.StartAsync();
        var page = await InGroupAsync(browser, relay.Port, zoe, team);
        await owner.EventsAsync(team, 2);

        relay.Away = true;
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "waiting");
        await LeaveElsewhereAsync(zoe, team);
        relay.Away = false;

        await Expect(page.GetByTestId("enter")).ToHaveTextAsync($"Join {team}");
        Assert.Equal([$"{bob} join", $"{zoe} join", $"{zoe} leave"], await LogAsync(owner, team));
    }

    [Fact]
    public async Task Page_WhenAGroupWasLeftBeforeAReload_DoesNotEnterItAgain()
    {
        var (zoe, bob, team, room) = (cluster.Fresh("zoe"), cluster.Fresh("bob"), cluster.Fresh("team"), cluster.Fresh("room"));
        await using var owner = await OwnerAsync(bob, team);
        await using var browser = await Browser.StartAsync();
        var page = await InGroupAsync(browser, cluster.First, zoe, team);
        await owner.EventsAsync(team, 2);
        await page.GotoAsync("about:blank");
        await LeaveElsewhereAsync(zoe, team);

        await page.GotoAsync($"http://localhost:{cluster.First}/?user={zoe}&room={room}");
        await Expect(page.GetByTestId("person").Filter(new() { HasText = zoe })).ToBeVisibleAsync();
        await page.Locator($"[data-testid=room][data-room='{team}'] .room-open").ClickAsync();

        await Expect(page.GetByTestId("enter")).ToHaveTextAsync($"Join {team}");
        Assert.Equal([$"{bob} join", $"{zoe} join", $"{zoe} leave"], await LogAsync(owner, team));
        await page.ReloadAsync();
        await Expect(page.GetByTestId("enter")).ToBeVisibleAsync();
        Assert.Equal(3, (await LogAsync(owner, team)).Count);
    }

    [Fact]
    public async Task Page_WhenItsUserLeftTheGroupElsewhere_ShowsTheRefusal()
    {
        var (zoe, bob, team) = (cluster.Fresh("zoe"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using var owner = await OwnerAsync(bob, team);
        await using var browser = await Browser.StartAsync();
        var page = await InGroupAsync(browser, cluster.First, zoe, team);
        await LeaveElsewhereAsync(zoe, team);
        await Expect(page.GetByTestId("enter")).ToBeVisibleAsync();

        await SayAsync(page, "Can you hear me?");

        await Expect(page.GetByTestId("failed")).ToContainTextAsync("not a member");
        Assert.Equal([$"{bob} join", $"{zoe} join", $"{zoe} leave"], await LogAsync(owner, team));
    }

    private async Task<JsonClient> OwnerAsync(string user, string team)
    {
        var owner = await JsonClient.ConnectAsync(cluster.Second, user);
        var join = owner.Command("join");
        (join["room"], join["kind"]) = (team, "group");
        await owner.AskAsync(join, "joined");
        return owner;
    }

    /// <summary>Opens a page and types the group's name, so that the user joins the group.</summary>
    private async Task<IPage> InGroupAsync(Browser browser, int port, string user, string team)
    {
        var page = await browser.OpenAsync($"http://localhost:{port}/?user={user}&room={cluster.Fresh("room")}");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        await page.GetByTestId("join-input").FillAsync(team);
        await page.GetByTestId("join-input").PressAsync("Enter");
        await Expect(page.GetByTestId("room-name")).ToHaveTextAsync($"# {team}");
        await Expect(page.GetByTestId("person").Filter(new() { HasText = user })).ToBeVisibleAsync();
        return page;
    }

    private async Task LeaveElsewhereAsync(string user, string team)
    {
        await using var phone = await JsonClient.ConnectAsync(cluster.Second, user);
        await phone.JoinAsync(team);
        var leave = phone.Command("leave");
        (leave["room"], leave["member"]) = (team, false);
        await phone.AskAsync(leave, "ok");
    }

    /// <summary>Returns the group's log as a member reads it: the user and the kind of each event.</summary>
    private static async Task<IReadOnlyList<string>> LogAsync(JsonClient member, string team)
    {
        var history = member.Command("history");
        history["room"] = team;
        var page = await member.AskAsync(history, "page");
        return [.. page["events"]!.AsArray().Select(@event => $"{(string?)@event!["from"]} {(string?)@event["kind"]}")];
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.GetByTestId("composer").FillAsync(text);
        await page.GetByTestId("composer").PressAsync("Enter");
    }
}
