using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>Threads on the chat page, with two users on two gateways.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class ThreadPageTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Thread_WhenTwoUsersReply_GrowsOnBothPages()
    {
        var (ann, bob, room) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("room"));
        await using var browser = await Browser.StartAsync();
        var first = await OpenAsync(browser, cluster.First, ann, room);
        var second = await OpenAsync(browser, cluster.Second, bob, room);
        await SayAsync(first, "composer", "Who brings cake?");

        await Message(second, "Who brings cake?").ClickAsync();
        await second.GetByTestId("reply").ClickAsync();
        await Expect(second.GetByTestId("reply-text")).ToBeFocusedAsync();
        await SayAsync(second, "reply-text", "I do");
        await Expect(Message(first, "Who brings cake?").GetByTestId("replies")).ToHaveTextAsync("1 reply");

        await Message(first, "Who brings cake?").FocusAsync();
        await TabToAsync(first, "replies");
        await first.Keyboard.PressAsync("Enter");
        await Expect(Replies(first)).ToHaveCountAsync(2);
        await Expect(Replies(first).First).ToContainTextAsync("Who brings cake?");
        await SayAsync(second, "reply-text", "and lemonade");
        await Expect(Replies(first)).ToHaveCountAsync(3);
        await SayAsync(first, "reply-text", "thanks");
        await Expect(Replies(second)).ToHaveCountAsync(4);
        var texts = await TextsAsync(second);
        Assert.Equal(["Who brings cake?", "I do", "and lemonade", "thanks"], texts);
        await Expect(Message(second, "Who brings cake?").GetByTestId("replies")).ToHaveTextAsync("3 replies");
        await Browser.KeepAsync(first, "thread");

        await first.Keyboard.PressAsync("Escape");
        await Expect(first.GetByTestId("thread")).ToBeHiddenAsync();
        await Expect(Message(first, "Who brings cake?").GetByTestId("replies")).ToBeFocusedAsync();
        await Expect(first.GetByTestId("people")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Thread_WhenItHasManyReplies_ReadsTheOlderOnesOnDemand()
    {
        var room = cluster.Fresh("room");
        await using var writer = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("writer"));
        await writer.JoinAsync(room);
        var root = await SendAsync(writer, room, "the question", null);
        for (var n = 1; n <= 105; n++)
        {
            await SendAsync(writer, room, $"answer {n}", root);
        }

        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, cluster.Second, cluster.Fresh("reader"), room);
        await Message(page, "answer 105").GetByTestId("quote").ClickAsync();
        await Expect(Replies(page).First).ToContainTextAsync("the question");
        var before = await Replies(page).CountAsync();
        Assert.InRange(before, 51, 105);

        await page.GetByTestId("more").ClickAsync();
        await Expect(Replies(page)).ToHaveCountAsync(106);
        await Expect(page.GetByTestId("more")).ToHaveCountAsync(0);
        var texts = await TextsAsync(page);
        Assert.Equal(["the question", .. Enumerable.Range(1, 105).Select(n => $"answer {n}")], texts);
        await page.GetByTestId("reply-text").PressAsync("Escape");
        await Expect(Message(page, "answer 105").GetByTestId("quote")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Thread_WhenOpenedOnAPhone_CoversTheConversation()
    {
        var (ann, room) = (cluster.Fresh("ann"), cluster.Fresh("room"));
        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, cluster.First, ann, room, width: 360);
        await SayAsync(page, "composer", "a question");
        await Message(page, "a question").ClickAsync();
        await page.GetByTestId("reply").ClickAsync();

        await Expect(page.GetByTestId("reply-text")).ToBeFocusedAsync();
        var box = (await page.GetByTestId("thread").BoundingBoxAsync())!;
        Assert.Equal((0f, 360f), (box.X, box.Width));
        Assert.True(await page.EvaluateAsync<bool>("document.querySelector('main').inert"));
        await SayAsync(page, "reply-text", "an answer");
        await Expect(Replies(page)).ToHaveCountAsync(2);
        await Browser.KeepAsync(page, "thread-phone");
        Assert.False(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth"));

        await page.GetByTestId("close-thread").ClickAsync();
        await Expect(page.GetByTestId("thread")).ToBeHiddenAsync();
        Assert.False(await page.EvaluateAsync<bool>("document.querySelector('main').inert"));
        await Expect(Message(page, "a question")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Readers_WhenTheOtherHasRead_AreNamed()
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var browser = await Browser.StartAsync();
        var owner = await OpenAsync(browser, cluster.First, ann, cluster.Fresh("room"));
        var member = await OpenAsync(browser, cluster.Second, bob, cluster.Fresh("room"));
        await owner.GetByTestId("new-group").ClickAsync();
        await owner.GetByTestId("title-input").FillAsync("Readers");
        await owner.GetByTestId("title-button").ClickAsync();
        await owner.GetByTestId("invite-input").FillAsync(bob);
        await owner.GetByTestId("invite-button").ClickAsync();
        await member.GetByTestId("invitation").Locator(".room-open").ClickAsync();
        await Expect(member.GetByTestId("room-name")).ToContainTextAsync("Readers");
        await member.GetByTestId("join-input").FillAsync(cluster.Fresh("elsewhere"));
        await member.GetByTestId("join-button").ClickAsync();
        await SayAsync(owner, "composer", "read this");
        var row = member.GetByTestId("room").Filter(new() { HasText = "Readers" });
        await Expect(row).ToHaveAttributeAsync("data-unread", "1");

        await AskAsync(owner, "read this");
        await Expect(owner.GetByTestId("readers-note")).ToContainTextAsync("Nobody has read");
        await owner.Keyboard.PressAsync("Enter");
        await Expect(Message(owner, "read this")).ToBeFocusedAsync();
        await row.Locator(".room-open").ClickAsync();
        await Expect(row).ToHaveAttributeAsync("data-unread", "0");

        // A read mark is sent and stored up to 2 s after the message was read.
        for (var asked = 0; asked < 20 && await owner.GetByTestId("reader").CountAsync() == 0; asked++)
        {
            await owner.WaitForTimeoutAsync(500);
            await owner.Keyboard.PressAsync("Escape");
            await AskAsync(owner, "read this");
            await Expect(owner.GetByTestId("readers-note")).Not.ToContainTextAsync("Loading");
        }

        await Expect(owner.GetByTestId("reader")).ToHaveTextAsync([new Regex(bob)]);
        await Browser.KeepAsync(owner, "readers");
    }

    [Fact]
    public async Task Readers_WhenTheRoomIsAChannel_AreNotOffered()
    {
        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, cluster.First, cluster.Fresh("ann"), cluster.Fresh("room"));
        await SayAsync(page, "composer", "hello");

        await Message(page, "hello").ClickAsync();

        await Expect(page.GetByTestId("reply")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("readers")).ToHaveCountAsync(0);
    }

    private static async Task AskAsync(IPage page, string text)
    {
        await Message(page, text).ClickAsync();
        await page.GetByTestId("readers").ClickAsync();
        await Expect(page.GetByTestId("readers-dialog")).ToBeVisibleAsync();
    }

    /// <summary>Presses Tab until the focus is on a control of the message that has the focus.</summary>
    private static async Task TabToAsync(IPage page, string control)
    {
        for (var pressed = 0; pressed < 12; pressed++)
        {
            if (await page.EvaluateAsync<string?>("document.activeElement?.dataset.testid") == control)
            {
                return;
            }

            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"The Tab key does not reach the control {control}.");
    }

    private static async Task<long> SendAsync(JsonClient writer, string room, string text, long? reply)
    {
        var send = writer.Command("send");
        (send["room"], send["text"]) = (room, text);
        if (reply is not null)
        {
            send["reply"] = reply;
        }

        return (long)(await writer.AskAsync(send, "ok"))["seq"]!;
    }

    /// <summary>The message with this text; a message that only quotes this text does not count.</summary>
    private static ILocator Message(IPage page, string text) =>
        page.GetByTestId("message").Filter(new() { Has = page.GetByTestId("text").Filter(new() { HasText = text }) });

    private static ILocator Replies(IPage page) => page.GetByTestId("thread-messages").Locator("[data-seq]");

    private static Task<string[]> TextsAsync(IPage page) =>
        page.GetByTestId("thread-messages").GetByTestId("text").EvaluateAllAsync<string[]>("all => all.map(one => one.textContent)");

    private static async Task<IPage> OpenAsync(Browser browser, int port, string user, string room, int width = 1280)
    {
        var page = await browser.OpenAsync($"http://localhost:{port}/?user={user}&room={room}", width);
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        return page;
    }

    private static async Task SayAsync(IPage page, string field, string text)
    {
        await page.GetByTestId(field).FillAsync(text);
        await page.GetByTestId(field).PressAsync("Enter");
        await Expect(page.GetByTestId(field)).ToHaveValueAsync("");
    }
}
