using Microsoft.Playwright;
using OrleansChat.EndToEnd.Tests.Chat;
using static Microsoft.Playwright.Assertions;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>
/// The chat page keeps text that the server does not have yet, even after a reload, a closed tab or a refusal.
/// </summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class KeptTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task UnsentMessages_WhenThePageReloads_AreSentOnceInOrder()
    {
        await using var browser = await Browser.StartAsync();
        var (ann, room) = (cluster.Fresh("ann"), cluster.Fresh("room"));
        var page = await browser.OpenAsync("about:blank");
        var link = await SendLink.OfAsync(page.Context);
        await EnterAsync(page, ann, room);
        link.IsCut = true;
        await SayAsync(page, "first");
        await SayAsync(page, "second");

        await page.ReloadAsync();
        await Expect(page.GetByTestId("pending")).ToHaveCountAsync(2);
        link.IsCut = false;
        await page.ReloadAsync();

        await Expect(page.GetByTestId("text")).ToHaveTextAsync(["first", "second"]);
        await Expect(page.GetByTestId("pending")).ToHaveCountAsync(0);
        await using var reader = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("reader"));
        Assert.Equal(["first", "second"], await TextsAsync(reader, room));
    }

    [Fact]
    public async Task UnsentMessage_WhenItsTabCloses_IsSentByAnotherTab()
    {
        await using var browser = await Browser.StartAsync();
        var (ann, room) = (cluster.Fresh("ann"), cluster.Fresh("room"));
        var first = await browser.OpenAsync("about:blank");
        var link = await SendLink.OfAsync(first.Context);
        await EnterAsync(first, ann, room);
        var second = await first.Context.NewPageAsync();
        await EnterAsync(second, ann, room);
        link.IsCut = true;
        await SayAsync(first, "left behind");
        await Expect(first.GetByTestId("pending")).ToHaveCountAsync(1);
        link.IsCut = false;

        await first.CloseAsync();

        await Expect(second.GetByTestId("text")).ToHaveTextAsync(["left behind"]);
        await using var reader = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("reader"));
        Assert.Equal(["left behind"], await TextsAsync(reader, room));
    }

    [Fact]
    public async Task UnsentMessage_WhenAnotherUserOpensThePage_StaysUnsent()
    {
        await using var browser = await Browser.StartAsync();
        var (ann, bob, room) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("room"));
        var page = await browser.OpenAsync("about:blank");
        var link = await SendLink.OfAsync(page.Context);
        await EnterAsync(page, ann, room);
        link.IsCut = true;
        await SayAsync(page, "as ann");
        await Expect(page.GetByTestId("pending")).ToHaveCountAsync(1);
        await page.GetByTestId("composer").FillAsync("a draft of ann's");
        link.IsCut = false;

        await EnterAsync(page, bob, room);
        await SayAsync(page, "as bob");
        await Expect(page.GetByTestId("text")).ToHaveTextAsync(["as bob"]);
        await Expect(page.GetByTestId("pending")).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("");

        await EnterAsync(page, ann, room);
        await Expect(page.GetByTestId("text")).ToHaveTextAsync(["as bob", "as ann"]);
        await Expect(page.Locator($"[data-testid=message][data-from='{ann}'] [data-testid=text]")).ToHaveTextAsync(["as ann"]);
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("a draft of ann's");
    }

    [Fact]
    public async Task DraftAndEdit_WhenThePageReloadsOrTheRoomChanges_Remain()
    {
        await using var browser = await Browser.StartAsync();
        var (ann, room, other) = (cluster.Fresh("ann"), cluster.Fresh("room"), cluster.Fresh("other"));
        var page = await browser.OpenAsync("about:blank");
        await EnterAsync(page, ann, room);
        await SayAsync(page, "original");
        await Expect(page.GetByTestId("message")).ToHaveCountAsync(1);
        await page.GetByTestId("composer").PressAsync("ArrowUp");
        await page.GetByTestId("composer").FillAsync("edited, not sent");

        await OpenRoomAsync(page, other);
        await page.GetByTestId("composer").FillAsync("a draft");
        await OpenRoomAsync(page, room);
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("edited, not sent");
        await page.ReloadAsync();
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("edited, not sent");
        await page.GetByTestId("composer").PressAsync("Enter");
        await Expect(page.GetByTestId("text")).ToHaveTextAsync(["edited, not sent"]);
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("");

        await OpenRoomAsync(page, other);
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("a draft");
    }

    [Fact]
    public async Task Edit_WhenItsMessageIsDeletedElsewhere_ReturnsTheText()
    {
        await using var browser = await Browser.StartAsync();
        var (ann, room) = (cluster.Fresh("ann"), cluster.Fresh("room"));
        var page = await browser.OpenAsync("about:blank");
        await EnterAsync(page, ann, room);
        await SayAsync(page, "original");
        await Expect(page.GetByTestId("message")).ToHaveCountAsync(1);
        await page.GetByTestId("composer").PressAsync("ArrowUp");
        await page.GetByTestId("composer").FillAsync("hours of work");
        await using var phone = await JsonClient.ConnectAsync(cluster.Second, ann);
        await phone.JoinAsync(room);
        var delete = phone.Command("send");
        (delete["room"], delete["kind"], delete["ref"]) = (room, "delete", 1);
        await phone.AskAsync(delete, "ok");
        await Expect(page.Locator(".deleted")).ToHaveCountAsync(1);

        await page.GetByTestId("composer").PressAsync("Enter");

        await Expect(page.GetByTestId("notice")).ToContainTextAsync("The edit was not saved");
        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("hours of work");
    }

    [Fact]
    public async Task RefusedMessage_WhenTakenBackAfterAReload_CanBeSent()
    {
        await using var browser = await Browser.StartAsync();
        var room = cluster.Fresh("room");
        var page = await browser.OpenAsync("about:blank");
        var link = await SendLink.OfAsync(page.Context);
        await EnterAsync(page, cluster.Fresh("ann"), room);
        link.Refuses = true;
        await SayAsync(page, "refused");
        await Expect(page.GetByTestId("failed")).ToContainTextAsync("Not today.");
        link.Refuses = false;

        await SayAsync(page, "not held up");
        await Expect(page.GetByTestId("text")).ToHaveTextAsync(["not held up"]);
        await page.ReloadAsync();
        await page.GetByTestId("composer").FillAsync("being written");
        await page.GetByTestId("take-back").ClickAsync();

        await Expect(page.GetByTestId("composer")).ToHaveValueAsync("refused\nbeing written");
        await Expect(page.GetByTestId("failed")).ToHaveCountAsync(0);
        await page.GetByTestId("composer").PressAsync("Enter");
        await Expect(page.GetByTestId("text")).ToHaveTextAsync(["not held up", "refused\nbeing written"]);
    }

    [Fact]
    public async Task OfflineNotice_WhenTheBrowserStoresNothing_AsksToKeepThePageOpen()
    {
        await using var browser = await Browser.StartAsync();
        var room = cluster.Fresh("room");
        var page = await browser.OpenAsync("about:blank");
        var link = await SendLink.OfAsync(page.Context);
        await page.AddInitScriptAsync("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });");
        await EnterAsync(page, cluster.Fresh("ann"), room);
        await SayAsync(page, "works all the same");
        await Expect(page.GetByTestId("text")).ToHaveTextAsync(["works all the same"]);

        await page.Context.SetOfflineAsync(true);
        await link.EndAsync();

        await Expect(page.GetByTestId("connection")).ToContainTextAsync("Keep this page open");
        await Expect(page.GetByTestId("connection")).Not.ToContainTextAsync("are saved");
    }

    [Fact]
    public async Task OfflineNotice_WhenTheBrowserStores_SaysThatMessagesAreSaved()
    {
        await using var browser = await Browser.StartAsync();
        var page = await browser.OpenAsync("about:blank");
        var link = await SendLink.OfAsync(page.Context);
        await EnterAsync(page, cluster.Fresh("ann"), cluster.Fresh("room"));

        await page.Context.SetOfflineAsync(true);
        await link.EndAsync();

        await Expect(page.GetByTestId("connection")).ToContainTextAsync("Your messages are saved");
    }

    private async Task EnterAsync(IPage page, string user, string room)
    {
        await page.GotoAsync($"http://localhost:{cluster.First}/?user={Uri.EscapeDataString(user)}&room={room}");
        await Expect(page.GetByTestId("connection")).ToHaveAttributeAsync("data-state", "online");
    }

    private static async Task OpenRoomAsync(IPage page, string room)
    {
        await page.GetByTestId("join-input").FillAsync(room);
        await page.GetByTestId("join-button").ClickAsync();
        await Expect(page.GetByTestId("room-name")).ToContainTextAsync(room);
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.GetByTestId("composer").FillAsync(text);
        await page.GetByTestId("composer").PressAsync("Enter");
    }

    private static async Task<string[]> TextsAsync(JsonClient reader, string room)
    {
        var history = reader.Command("history");
        history["room"] = room;
        var page = await reader.AskAsync(history, "page");
        return [.. page["events"]!.AsArray().Select(entry => (string)entry!["text"]!)];
    }
}
