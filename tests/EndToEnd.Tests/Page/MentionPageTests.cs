using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>Two users, on two gateways, mention each other on the chat page.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class MentionPageTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Mention_WhenChosenByKeyboard_HighlightsAndCountsForTheOther()
    {
        var (ann, bob, room) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("room"));
        await using var browser = await Browser.StartAsync();
        var reader = await OpenAsync(browser, cluster.First, ann, room);
        var writer = await OpenAsync(browser, cluster.Second, bob, room);
        await Expect(Person(writer, ann)).ToBeVisibleAsync();
        await GoToAsync(reader, cluster.Fresh("elsewhere"));
        await Expect(Row(reader, room)).ToBeVisibleAsync();

        await ChooseAsync(writer, ann);
        await writer.Keyboard.TypeAsync("lunch?");
        await writer.Keyboard.PressAsync("Enter");

        await Expect(writer.GetByTestId("message").GetByTestId("mention")).ToContainTextAsync(ann);
        await Expect(Row(reader, room).GetByTestId("mentions")).ToHaveTextAsync("@1 mention");
        await Browser.KeepAsync(reader, "mention-badge");
        await Row(reader, room).Locator(".room-open").ClickAsync();
        var message = reader.GetByTestId("message").Filter(new() { HasText = "lunch?" });
        await Expect(message).ToHaveClassAsync(new Regex(@"\bmentions-me\b"));
        await Expect(message.GetByTestId("mention")).ToHaveClassAsync("mention is-me");
        await Expect(message.Locator(".author")).ToContainTextAsync("mentions you");
        await Expect(Row(reader, room).GetByTestId("mentions")).ToHaveCountAsync(0);
        await Browser.KeepAsync(reader, "mention-message");
    }

    [Fact]
    public async Task ListOfNames_WhenOpen_ServesKeyboardAndMouse()
    {
        var (ann, bob, room) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("room"));
        await using var browser = await Browser.StartAsync();
        _ = await OpenAsync(browser, cluster.First, ann, room);
        var page = await OpenAsync(browser, cluster.Second, bob, room);
        await Expect(Person(page, ann)).ToBeVisibleAsync();
        var (composer, list) = (page.GetByTestId("composer"), page.GetByTestId("mention-list"));

        await page.Keyboard.TypeAsync("hi @");
        await Expect(list).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Option)).ToHaveCountAsync(1);
        await Expect(composer).ToHaveAttributeAsync("aria-activedescendant", "mention-list-0");
        await Expect(page.Locator("#mention-list-0")).ToHaveAttributeAsync("aria-selected", "true");
        await Browser.KeepAsync(page, "mention-list");
        await page.Keyboard.PressAsync("Escape");
        await Expect(list).ToBeHiddenAsync();
        await page.Keyboard.TypeAsync(ann[..2]);
        await Expect(list).ToBeHiddenAsync();
        await Expect(composer).ToBeFocusedAsync();

        await composer.FillAsync("");
        await page.Keyboard.TypeAsync("@");
        await page.GetByTestId("mention-option").ClickAsync();
        await Expect(composer).ToHaveValueAsync($"@{ann} ");
        await Expect(composer).ToBeFocusedAsync();
        await Expect(list).ToBeHiddenAsync();

        await composer.FillAsync("");
        await page.Keyboard.TypeAsync("@nobody-here");
        await Expect(list).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByTestId("message")).ToContainTextAsync("@nobody-here");
        await Expect(page.GetByTestId("mention")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task ListOfNames_WhenAnInputMethodComposes_StaysClosed()
    {
        var (ann, bob, room) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("room"));
        await using var browser = await Browser.StartAsync();
        _ = await OpenAsync(browser, cluster.First, ann, room);
        var page = await OpenAsync(browser, cluster.Second, bob, room);
        await Expect(Person(page, ann)).ToBeVisibleAsync();
        var devtools = await page.Context.NewCDPSessionAsync(page);

        await devtools.SendAsync("Input.imeSetComposition", new() { ["text"] = "@", ["selectionStart"] = 1, ["selectionEnd"] = 1 });
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("@");
        await Expect(page.GetByTestId("mention-list")).ToBeHiddenAsync();
        await devtools.SendAsync("Input.insertText", new() { ["text"] = "@" });

        await Expect(page.GetByTestId("mention-list")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Everyone_WhenTheUserMayModerate_IsOffered()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var browser = await Browser.StartAsync();
        var owner = await OpenAsync(browser, cluster.First, ann, cluster.Fresh("room"));
        var member = await OpenAsync(browser, cluster.Second, bob, cluster.Fresh("room"));
        await owner.GetByTestId("new-group").ClickAsync();
        await owner.GetByTestId("title-input").FillAsync("Choir");
        await owner.GetByTestId("title-button").ClickAsync();
        await owner.GetByTestId("invite-input").FillAsync(bob);
        await owner.GetByTestId("invite-button").ClickAsync();
        await member.GetByTestId("invitation").Locator(".room-open").ClickAsync();
        await Expect(member.Locator($"[data-testid=member][data-user='{ann}']")).ToBeVisibleAsync();
        await member.GetByTestId("composer").FocusAsync();
        await member.Keyboard.TypeAsync("@");
        await Expect(member.GetByTestId("mention-option")).ToHaveCountAsync(1);
        await member.Keyboard.PressAsync("Escape");

        await ChooseAsync(owner, "@everyone");
        await owner.Keyboard.TypeAsync("we sing at noon");
        await owner.Keyboard.PressAsync("Enter");

        var message = member.GetByTestId("message").Filter(new() { HasText = "we sing at noon" });
        await Expect(message.GetByTestId("mention")).ToHaveTextAsync("@everyone");
        await Expect(message.GetByTestId("mention")).ToHaveClassAsync("mention is-me");
    }

    /// <summary>Types <c>@</c> and the beginning of the name, and chooses the name with the keyboard.</summary>
    private static async Task ChooseAsync(IPage page, string name)
    {
        await page.GetByTestId("composer").FocusAsync();
        await page.Keyboard.TypeAsync(name.StartsWith('@') ? name[..4] : $"@{name[..4]}");
        await Expect(page.Locator($"[data-testid=mention-option][data-name='{name}']")).ToBeVisibleAsync();
        while (await page.Locator($"[data-testid=mention-option][data-name='{name}']").GetAttributeAsync("aria-selected") != "true")
        {
            await page.Keyboard.PressAsync("ArrowDown");
        }

        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync(name.StartsWith('@') ? $"{name} " : $"@{name} ");
    }

    private static async Task<IPage> OpenAsync(Browser browser, int port, string user, string room)
    {
        var page = await browser.OpenAsync($"http://localhost:{port}/?user={user}&room={room}");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        return page;
    }

    private static async Task GoToAsync(IPage page, string room)
    {
        await page.GetByTestId("join-input").FillAsync(room);
        await page.GetByTestId("join-button").ClickAsync();
        await Expect(page.GetByTestId("room-name")).ToContainTextAsync(room);
    }

    private static ILocator Person(IPage page, string user) => page.Locator($"[data-testid=person][data-user='{user}']");

    private static ILocator Row(IPage page, string room) => page.Locator($"[data-testid=room][data-room='{room}']");
}
