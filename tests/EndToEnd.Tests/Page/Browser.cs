using Microsoft.Playwright;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>
/// The machine's own Chromium, headless. If no Chromium is installed, the test is skipped. If ORLEANSCHAT_REQUIRE
/// contains chromium, the test fails instead.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Programs = ["chromium", "chromium-browser", "google-chrome"];
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Browser> StartAsync()
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(directory => Programs.Select(name => Path.Combine(directory, name))).FirstOrDefault(File.Exists);
        if (program is null)
        {
            const string Missing = "No Chromium is installed here. On Debian: apt-get install chromium.";
            Assert.False((Environment.GetEnvironmentVariable("ORLEANSCHAT_REQUIRE") ?? "").Contains("chromium", StringComparison.Ordinal), Missing);
            Assert.Skip(Missing);
        }

        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
        Assertions.SetDefaultExpectTimeout(20_000);
        return new(playwright, browser);
    }

    /// <summary>Opens a tab with its own profile, so that each tab can belong to another user.</summary>
    public async Task<IPage> OpenAsync(string address, int width = 1280)
    {
        var context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 800 } });
        context.SetDefaultTimeout(20_000);
        var page = await context.NewPageAsync();
        page.PageError += (_, error) => TestContext.Current.SendDiagnosticMessage($"The page failed: {error}");
        await page.GotoAsync(address);
        return page;
    }

    /// <summary>
    /// Stores a picture of the page as NAME.png in the directory that ORLEANSCHAT_SCREENSHOTS names. Does nothing if this
    /// variable is not set.
    /// </summary>
    public static async Task KeepAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("ORLEANSCHAT_SCREENSHOTS") is { Length: > 0 } directory)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(directory, $"{name}.png") });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
