using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>The chat page with text in any writing system, from any input method, and from hostile users.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class PageTextTests(ProcessTestCluster cluster)
{
    private const string Hebrew = "שלום עולם, מה נשמע?";

    [Fact]
    public async Task HebrewText_WhenWrittenAndShown_RunsFromRightToLeft()
    {
        await using var browser = await Browser.StartAsync();
        var room = cluster.Fresh("room");
        var page = await EnterAsync(browser, cluster.Fresh("ann"), room);

        await page.GetByTestId("composer").FillAsync(Hebrew);
        Assert.Equal("rtl", await page.GetByTestId("composer").EvaluateAsync<string>("field => getComputedStyle(field).direction"));
        await page.GetByTestId("composer").PressAsync("Enter");
        await Expect(page.GetByTestId("text")).ToHaveTextAsync([Hebrew]);
        await SayAsync(page, $"English first\n{Hebrew}");
        await Expect(page.GetByTestId("text")).ToHaveCountAsync(2);

        foreach (var text in await page.GetByTestId("text").AllAsync())
        {
            var (first, last) = await EndsAsync(text, Hebrew);
            Assert.True(last < first, $"The question mark is at {last}, to the right of the first letter at {first}.");
        }
    }

    [Fact]
    public async Task HebrewName_WhenASentenceContainsIt_KeepsTheWordOrder()
    {
        await using var browser = await Browser.StartAsync();
        var (name, room) = (cluster.Fresh("דנה"), cluster.Fresh("room"));
        var page = await EnterAsync(browser, cluster.Fresh("ann"), room);
        await using var dana = await JsonClient.ConnectAsync(cluster.Second, name);
        await dana.JoinAsync(room);
        await Expect(page.Locator($"[data-testid=person][data-user='{name}'] bdi")).ToHaveTextAsync(name);

        await dana.SayAsync(new() { ["t"] = "typing", ["room"] = room });
        await Expect(page.GetByTestId("typing")).ToContainTextAsync("is typing");

        var (first, last) = await EndsAsync(page.GetByTestId("typing"), name);
        var (verb, _) = await EndsAsync(page.GetByTestId("typing"), "is typing…");
        Assert.True(verb > first && verb > last, $"The words after the name are at {verb}, but must be to the right of the name, which is between {first} and {last}.");
    }

    [Fact]
    public async Task InputMethodKey_WhenAnyBrowserReportsIt_SendsNothing()
    {
        await using var browser = await Browser.StartAsync();
        var page = await EnterAsync(browser, cluster.Fresh("ann"), cluster.Fresh("room"));
        await page.GetByTestId("composer").FillAsync("こんに");

        // The user composes text with an input method, and a key confirms the text. In Safari, the composition ends
        // before this key's event. In Chromium and Firefox, it ends after the event.
        await page.GetByTestId("composer").EvaluateAsync("""
            field => {
              const key = (key, isComposing) => field.dispatchEvent(
                new KeyboardEvent('keydown', { key, keyCode: 229, isComposing, bubbles: true, cancelable: true }));
              const composition = type => field.dispatchEvent(new CompositionEvent(type, { bubbles: true }));
              composition('compositionstart');
              composition('compositionend');
              key('Enter', false);
              composition('compositionstart');
              key('Enter', true);
              composition('compositionend');
              composition('compositionstart');
              key('Process', true);
              composition('compositionend');
            }
            """);

        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("こんに");
        await page.GetByTestId("composer").PressAsync("Enter");
        await Expect(page.GetByTestId("text")).ToHaveTextAsync(["こんに"]);
        await page.GetByTestId("composer").PressAsync("ArrowUp");
        await page.GetByTestId("composer").FillAsync("こんにちは");
        await page.GetByTestId("composer").EvaluateAsync(
            "field => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', keyCode: 229, bubbles: true, cancelable: true }))");
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("こんにちは");
    }

    [Theory]
    [InlineData("rooms")]
    [InlineData("people")]
    public async Task Drawer_WhenItOpens_HasTheFocusAtOnce(string name)
    {
        await using var browser = await Browser.StartAsync();
        var page = await EnterAsync(browser, cluster.Fresh("ann"), cluster.Fresh("room"), width: 360);

        var focused = await page.EvaluateAsync<string?>(
            "name => { document.getElementById(`show-${name}`).click(); return document.activeElement.closest('.panel')?.id; }", name);

        Assert.Equal($"{name}-panel", focused);
    }

    [Fact]
    public async Task InputMethodKey_WhenADrawerIsOpen_LeavesItOpen()
    {
        await using var browser = await Browser.StartAsync();
        var page = await EnterAsync(browser, cluster.Fresh("ann"), cluster.Fresh("room"), width: 360);
        await page.Locator("#show-rooms").ClickAsync();
        await page.GetByTestId("join-input").FocusAsync();

        await page.GetByTestId("join-input").EvaluateAsync(
            "field => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', keyCode: 229, bubbles: true, cancelable: true }))");
        await Expect(page.GetByTestId("join-input")).ToBeFocusedAsync();
        await page.GetByTestId("join-input").PressAsync("Escape");
        await Expect(page.GetByTestId("join-input")).Not.ToBeFocusedAsync();
    }

    [Fact]
    public async Task CombiningMarks_WhenALetterHas500_StayInTheirMessage()
    {
        await using var browser = await Browser.StartAsync();
        var page = await EnterAsync(browser, cluster.Fresh("ann"), cluster.Fresh("room"));
        await SayAsync(page, "a quiet message");
        await SayAsync(page, $"e{new string('\u0301', 500)}");
        await Expect(page.GetByTestId("text")).ToHaveCountAsync(2);
        await Expect(page.GetByTestId("pending")).ToHaveCountAsync(0);

        var quiet = page.GetByTestId("message").First;
        var beside = await quiet.ScreenshotAsync();
        await page.GetByTestId("text").Last.EvaluateAsync("text => { text.textContent = 'e'; }");
        var alone = await quiet.ScreenshotAsync();

        Assert.True(beside.AsSpan().SequenceEqual(alone), "The marks of one message cover another message.");
    }

    [Fact]
    public async Task Reaction_WhenItsTextHasSpecialCharacters_LeavesThePageWorking()
    {
        await using var browser = await Browser.StartAsync();
        var room = cluster.Fresh("room");
        var page = await EnterAsync(browser, cluster.Fresh("ann"), room);
        await SayAsync(page, "react to this");
        await Expect(page.GetByTestId("message")).ToHaveCountAsync(1);
        await using var eve = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("eve"));
        await ReactAsync(eve, room, "x\"]\\");
        var chip = page.GetByTestId("reaction");
        await Expect(chip).ToHaveCountAsync(1);

        await chip.ClickAsync();
        await Expect(chip).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(chip).ToBeFocusedAsync();
        await eve.SendAsync(room, "still here?");

        await Expect(page.GetByTestId("text")).ToHaveTextAsync(["react to this", "still here?"]);
    }

    [Fact]
    public async Task Reactions_WhenAMessageHas30_AreLimitedTo20()
    {
        await using var browser = await Browser.StartAsync();
        var room = cluster.Fresh("room");
        var page = await EnterAsync(browser, cluster.Fresh("ann"), room);
        await SayAsync(page, "react to this");
        await Expect(page.GetByTestId("message")).ToHaveCountAsync(1);
        for (var user = 0; user < 2; user++)
        {
            await using var eve = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("eve"));
            for (var number = 0; number < 15; number++)
            {
                await ReactAsync(eve, room, new string((char)('a' + number), 40 + user));
            }
        }

        await Expect(page.Locator(".more-reactions")).ToHaveTextAsync("+10");
        await Expect(page.GetByTestId("reaction")).ToHaveCountAsync(20);
        var widest = await page.GetByTestId("reaction").EvaluateAllAsync<double>("chips => Math.max(...chips.map(chip => chip.offsetWidth))");
        Assert.True(widest < 220, $"A reaction is {widest} pixels wide.");
    }

    [Fact]
    public async Task Name_WhenItHasHiddenCharacters_ShowsThem()
    {
        await using var browser = await Browser.StartAsync();
        var page = await EnterAsync(browser, cluster.Fresh("ann"), cluster.Fresh("room"));

        var shown = await page.EvaluateAsync<string>("import('/page/dom.js').then(dom => dom.nameElement('al\\u200Bice').outerHTML)");

        Assert.Equal("<bdi>al<span class=\"hidden-character\" title=\"An invisible character\">‹U+200B›</span>ice</bdi>", shown);
    }

    private static async Task ReactAsync(JsonClient client, string room, string text)
    {
        var react = client.Command("send");
        (react["room"], react["kind"], react["ref"], react["text"]) = (room, "react", 1, text);
        await client.JoinAsync(room);
        await client.AskAsync(react, "ok");
    }

    /// <summary>
    /// Returns the positions of the first and the last character of a text, in pixels from the left.
    /// </summary>
    private static async Task<(double First, double Last)> EndsAsync(ILocator element, string text)
    {
        var ends = await element.EvaluateAsync<double[]>(
            """
            (element, text) => {
              const node = [...element.childNodes].find(child => child.data?.includes(text));
              const from = node.data.indexOf(text);
              return [from, from + text.length - 1].map(at => {
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + 1);
                return range.getBoundingClientRect().left;
              });
            }
            """,
            text);
        return (ends[0], ends[1]);
    }

    private async Task<IPage> EnterAsync(Browser browser, string user, string room, int width = 1280)
    {
        var page = await browser.OpenAsync($"http://localhost:{cluster.First}/?user={Uri.EscapeDataString(user)}&room={room}", width);
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        // When the page shows the room, it closes an open drawer and moves the focus. So wait until it shows the room.
        await Expect(page.Locator("#room-name")).ToContainTextAsync(room);
        return page;
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.GetByTestId("composer").FillAsync(text);
        await page.GetByTestId("composer").PressAsync("Enter");
    }
}
