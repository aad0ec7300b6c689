using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>The history client runs only a limited number of reads of the message log at the same time.</summary>
public sealed class HistoryClientTests
{
    [Fact]
    public async Task Page_WhenItWaitsFor5sForItsTurn_IsUnavailable()
    {
        var (history, time) = (new HistoryThatSays(), new ManualTime());
        var client = Create(history, time);
        var (held, asked) = (new TaskCompletionSource<HistoryPage>(), 0);
        history.Pages = (_, _) =>
        {
            asked++;
            return held.Task;
        };
        var ct = TestContext.Current.CancellationToken;
        Task<HistoryPage>[] served = [client.PageAsync(Ask("ann"), ct), client.PageAsync(Ask("bob"), ct)];
        var waiting = client.PageAsync(Ask("eve"), ct);

        time.Advance(TimeSpan.FromSeconds(4.9));
        var soon = waiting.IsCompleted;
        time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.False(soon, "The page was refused before 5 s.");
        Assert.Equal(Refusal.Unavailable, (await Waiting.ForAsync(waiting, "the refusal of the page that waited for 5 s")).Refusal);
        Assert.Equal(2, asked);
        Assert.All(served, page => Assert.False(page.IsCompleted, "A page that is being read must not time out."));
        held.SetResult(new([], 7, null));
        Assert.All(await Task.WhenAll(served), page => Assert.Equal(7, page.Head));
        Assert.Equal(7, (await client.PageAsync(Ask("eve"), ct)).Head);
    }

    [Fact]
    public async Task Page_WhenItsAskerIsGone_GivesItsTurnToTheNext()
    {
        var (history, time) = (new HistoryThatSays(), new ManualTime());
        var client = Create(history, time);
        history.Pages = async (_, gone) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, gone);
            throw new InvalidOperationException("An infinite delay has ended.");
        };
        using var leaving = new CancellationTokenSource();
        Task<HistoryPage>[] left = [.. Enumerable.Range(0, 4).Select(_ => client.PageAsync(Ask("ann"), leaving.Token))]; // The history client reads two pages, and two wait.

        await leaving.CancelAsync();
        history.Pages = (_, gone) => gone.IsCancellationRequested ? Task.FromCanceled<HistoryPage>(gone) : Task.FromResult(new HistoryPage([], 7, null));
        var next = await Waiting.ForAsync(client.PageAsync(Ask("bob"), TestContext.Current.CancellationToken), "the page of the next user");

        Assert.Equal(7, next.Head);
        foreach (var page in left)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => page);
        }
    }

    private static PageAsk Ask(string user) => new("lobby", user, 0, 10, 0);

    /// <summary>Creates a client that reads up to two pages of this history at a time.</summary>
    private static HistoryClient Create(HistoryThatSays history, TimeProvider time) =>
        TestRooms.Create(GrainsInMemory.Create((0L, history)), new FanoutOptions { PagesAtATime = 2 }, time).History;
}
