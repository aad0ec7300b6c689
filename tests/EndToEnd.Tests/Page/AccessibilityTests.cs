using System.Text.Json.Nodes;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>
/// axe-core checks the parts of the chat page, in both colour schemes, on a wide screen and on a phone. A finding of
/// impact serious or critical fails the test.
/// </summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class AccessibilityTests(ProcessTestCluster cluster)
{
    private const int Wide = 1280;
    private const int Phone = 360;

    [Theory]
    [InlineData(ColorScheme.Light, Wide)]
    [InlineData(ColorScheme.Dark, Wide)]
    [InlineData(ColorScheme.Light, Phone)]
    [InlineData(ColorScheme.Dark, Phone)]
    public async Task Conversation_WhenAxeChecksIt_HasNoSeriousFinding(ColorScheme scheme, int width)
    {
        var (ann, bob, room) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("room"));
        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, ann, room, scheme, width);
        await using var other = await JsonClient.ConnectAsync(cluster.Second, bob);
        await other.JoinAsync(room);
        await WriteAsync(other, room, ann);
        await Expect(page.GetByTestId("message")).ToHaveCountAsync(5);
        await SayAsync(page, "my own answer, https://example.org/");
        await Expect(page.GetByTestId("message")).ToHaveCountAsync(6);
        await page.GetByTestId("join-input").EvaluateAsync("field => field.blur()");
        await CheckAsync(page, "the conversation", Picture("conversation", scheme, width));

        await page.GetByTestId("message").Last.ClickAsync();
        await Expect(page.GetByTestId("toolbar")).ToBeVisibleAsync();
        await CheckAsync(page, "the actions of a message");
        await page.GetByTestId("react").ClickAsync();
        await Expect(page.GetByTestId("emoji")).Not.ToHaveCountAsync(0);
        await CheckAsync(page, "the emoji picker", Picture("emoji", scheme, width));
        await page.GetByTestId("emoji").First.ClickAsync();
        await page.GetByTestId("delete").ClickAsync();
        await CheckAsync(page, "the question before a deletion");
        await page.Keyboard.PressAsync("Escape");

        await page.GetByTestId("composer").FillAsync("");
        await page.Keyboard.TypeAsync("@");
        await Expect(page.GetByTestId("mention-list")).ToBeVisibleAsync();
        await CheckAsync(page, "the list of names", Picture("names", scheme, width));
        await page.Keyboard.PressAsync("Escape");

        await page.GetByTestId("replies").ClickAsync();
        await Expect(page.GetByTestId("thread").GetByTestId("reply")).Not.ToHaveCountAsync(0);
        await page.GetByTestId("thread-messages").Locator("[data-seq]").Last.ClickAsync();
        await CheckAsync(page, "the thread", Picture("thread", scheme, width));
    }

    [Theory]
    [InlineData(ColorScheme.Light, Wide)]
    [InlineData(ColorScheme.Dark, Wide)]
    [InlineData(ColorScheme.Light, Phone)]
    [InlineData(ColorScheme.Dark, Phone)]
    public async Task ListOfRooms_WhenAxeChecksIt_HasNoSeriousFinding(ColorScheme scheme, int width)
    {
        var (ann, bob, eve) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("eve"));
        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, ann, cluster.Fresh("room"), scheme, width);
        foreach (var user in new[] { bob, eve })
        {
            await using var other = await JsonClient.ConnectAsync(cluster.Second, user);
            await SendAsync(other, $"@{ann}", "psst", send => send["mentions"] = new JsonArray(ann));
        }

        if (width == Phone)
        {
            await page.Locator("#show-rooms").ClickAsync();
        }

        await Expect(Row(page, bob).GetByTestId("mentions")).ToBeVisibleAsync();
        await ActAsync(page, eve, "pin");
        await ActAsync(page, eve, "mute");
        await CheckAsync(page, "the dialog before a mute", Picture("mute", scheme, width));
        await page.GetByTestId("confirm-button").ClickAsync();
        await Expect(Row(page, eve).GetByTestId("mentions")).ToHaveClassAsync("badge is-quiet");
        await Row(page, bob).GetByTestId("room-actions").ClickAsync();
        await CheckAsync(page, "the list of rooms", Picture("rooms", scheme, width));
    }

    [Theory]
    [InlineData(ColorScheme.Light, Wide)]
    [InlineData(ColorScheme.Dark, Wide)]
    [InlineData(ColorScheme.Light, Phone)]
    [InlineData(ColorScheme.Dark, Phone)]
    public async Task Group_WhenAxeChecksIt_HasNoSeriousFinding(ColorScheme scheme, int width)
    {
        var (ann, bob) = (cluster.Fresh("ann"), cluster.Fresh("bob"));
        await using var browser = await Browser.StartAsync();
        var page = await OpenAsync(browser, ann, cluster.Fresh("room"), scheme, width);
        if (width == Phone)
        {
            await page.Locator("#show-rooms").ClickAsync();
        }

        await page.GetByTestId("new-group").ClickAsync();
        await page.GetByTestId("title-button").ClickAsync();
        await CheckAsync(page, "the dialog for a title", Picture("dialog", scheme, width));
        await page.GetByTestId("title-input").FillAsync("Garden party");
        await page.GetByTestId("title-button").ClickAsync();
        await Expect(page.GetByTestId("room-name")).ToContainTextAsync("Garden party");
        await SayAsync(page, "hello");
        await page.GetByTestId("message").ClickAsync();
        await page.GetByTestId("readers").ClickAsync();
        await Expect(page.GetByTestId("readers-note")).ToContainTextAsync("Nobody has read");
        await CheckAsync(page, "the readers of a message");
        await page.Keyboard.PressAsync("Escape");

        if (width == Phone)
        {
            await page.Locator("#show-people").ClickAsync();
        }

        await page.GetByTestId("invite-input").FillAsync(bob);
        await page.GetByTestId("invite-button").ClickAsync();
        await page.Locator($"[data-testid=member][data-user='{bob}']").GetByTestId("member-actions").ClickAsync();
        await page.GetByTestId("settings").Locator("summary").ClickAsync();
        await page.GetByTestId("link").Locator("summary").ClickAsync();
        await CheckAsync(page, "the members and settings of a group", Picture("group", scheme, width));
    }

    /// <summary>Sends five messages: with a mention, a link, reactions, an edit, a deletion, and a reply.</summary>
    private static async Task WriteAsync(JsonClient writer, string room, string ann)
    {
        var question = await SendAsync(writer, room, $"@{ann} shall we? See https://example.org/", send => send["mentions"] = new JsonArray(ann));
        var second = await SendAsync(writer, room, "or tomorrow");
        await SendAsync(writer, room, "or on Friday", send => (send["kind"], send["ref"]) = ("edit", second));
        await SendAsync(writer, room, "👍", send => (send["kind"], send["ref"]) = ("react", question));
        await SendAsync(writer, room, "any text", send => (send["kind"], send["ref"]) = ("react", question));
        var third = await SendAsync(writer, room, "wrong room");
        await SendAsync(writer, room, null, send => (send["kind"], send["ref"]) = ("delete", third));
        await SendAsync(writer, room, "a reply", send => send["reply"] = question);
        await SendAsync(writer, room, "the last one");
    }

    private static async Task<long> SendAsync(JsonClient writer, string room, string? text, Action<JsonObject>? parts = null)
    {
        var send = writer.Command("send");
        (send["room"], send["text"]) = (room, text);
        parts?.Invoke(send);
        return (long)(await writer.AskAsync(send, "ok"))["seq"]!;
    }

    private static async Task CheckAsync(IPage page, string what, string? picture = null)
    {
        // A panel that still slides has other colours behind it.
        await page.EvaluateAsync("Promise.all(document.getAnimations().map(animation => animation.finished))");
        if (picture is not null)
        {
            await Browser.KeepAsync(page, picture);
        }

        var result = await page.RunAxe();

        Assert.NotEmpty(result.Passes);
        var findings = result.Violations.Where(finding => finding.Impact is "serious" or "critical").SelectMany(Describe);
        Assert.True(!findings.Any(), $"axe found in {what}:\n{string.Join('\n', findings)}");
    }

    private static IEnumerable<string> Describe(AxeResultItem finding) =>
        finding.Nodes.Select(node => $"{finding.Id} ({finding.Impact}): {node.Html} {string.Join("; ", node.Any.Select(check => check.Message))}");

    private static string Picture(string name, ColorScheme scheme, int width) =>
        $"{name}-{(scheme == ColorScheme.Dark ? "dark" : "light")}-{(width == Phone ? "phone" : "wide")}";

    private async Task<IPage> OpenAsync(Browser browser, string user, string room, ColorScheme scheme, int width)
    {
        var page = await browser.OpenAsync($"http://localhost:{cluster.First}/?user={user}&room={room}", width);
        await page.EmulateMediaAsync(new() { ColorScheme = scheme });
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
        return page;
    }

    private static ILocator Row(IPage page, string user) => page.Locator($"[data-testid=room][data-room='@{user}']");

    private static async Task ActAsync(IPage page, string user, string action)
    {
        await Row(page, user).GetByTestId("room-actions").ClickAsync();
        await Row(page, user).GetByTestId($"room-{action}").ClickAsync();
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.GetByTestId("composer").FillAsync(text);
        await page.GetByTestId("composer").PressAsync("Enter");
    }
}
