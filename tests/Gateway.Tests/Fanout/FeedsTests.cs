using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>The room's list of users on this gateway, compared with the subscriptions on it.</summary>
public sealed class FeedsTests : IDisposable
{
    private readonly RoomThatSays _room = new();
    private readonly SessionRig _rig = new();
    private readonly FanoutOptions _options = new() { CommandMs = 300 };
    private readonly Feeds _feeds;

    public FeedsTests() => _feeds = new(
        GrainsInMemory.Create(("lobby", _room)), new(), new(NullLogger<BackgroundTasks>.Instance), Options.Create(_options), new(new Meters()), TimeProvider.System);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Exit_WhenAUserHasTwoSubscriptions_CallsTheRoomForTheLastOne()
    {
        var (phone, laptop) = (await SubscriptionAsync("ann"), await SubscriptionAsync("ann"));
        await EnterAsync(phone);
        await EnterAsync(laptop);

        await ExitAsync(phone);

        Assert.Equal(["handle +ann", "handle +ann"], _room.Calls);

        await ExitAsync(laptop);

        Assert.Equal("handle -ann", _room.Calls[^1]);
        Assert.Empty(_feeds.Rooms);
        await Waiting.UntilAsync(
            () =>
            {
                _feeds.Sweep();
                return _feeds.Clients == 0;
            },
            "the removal of the idle room client");
    }

    [Fact]
    public async Task Exit_WhenItEndsTheMembership_CallsTheRoomAtOnce()
    {
        var (phone, laptop) = (await SubscriptionAsync("ann"), await SubscriptionAsync("ann"));
        await EnterAsync(phone);
        await EnterAsync(laptop);

        Assert.IsType<Done>(await ExitAsync(phone, forGood: true));
        Assert.Equal("handle -ann", _room.Calls[^1]);
    }

    [Fact]
    public async Task Enter_WhenARepeatedJoinIsRefused_DetachesTheUser()
    {
        // The user joins again. The old subscription ends, and then the room refuses the new one.
        var (earlier, later) = (await SubscriptionAsync("ann"), await SubscriptionAsync("ann"));
        await EnterAsync(earlier);
        var refusing = new TaskCompletionSource();
        _room.Handles = async commands =>
        {
            await refusing.Task;
            _room.Handles = next => Task.FromResult(RoomThatSays.Done(next, 1));
            return new(1, [.. commands.Commands.Select(_ => new Refused(Refusal.Unavailable, "away", 500))]);
        };

        var entering = EnterAsync(later);
        await ExitAsync(earlier);
        refusing.SetResult();

        Assert.IsType<Refused>(await entering);
        await Waiting.UntilAsync(() => _room.Calls[^1] == "handle -ann", "the call that detaches the user");
        Assert.Empty(_feeds.Rooms);
    }

    [Fact]
    public async Task Enter_WhenAnotherSubscriptionExits_KeepsTheUserAttached()
    {
        var here = new HashSet<string>();
        _room.Handles = commands =>
        {
            foreach (var command in commands.Commands)
            {
                _ = command is Enter ? here.Add(command.User) : here.Remove(command.User);
            }

            return Task.FromResult(RoomThatSays.Done(commands, 1));
        };
        var (going, coming) = (await SubscriptionAsync("ann"), await SubscriptionAsync("ann"));
        await EnterAsync(going);

        for (var round = 0; round < 3000; round++)
        {
            using var both = new Barrier(2);
            var leaving = OwnThread.RunAsync(
                () =>
                {
                    both.SignalAndWait(TestContext.Current.CancellationToken);
                    return ExitAsync(going);
                });
            both.SignalAndWait(TestContext.Current.CancellationToken);
            await EnterAsync(coming);
            await leaving;
            Assert.True(here.Contains("ann"), $"Round {round}: an enter and an exit ran at the same time, and the room received them in the wrong order.");
            (going, coming) = (coming, going);
        }
    }

    [Fact]
    public async Task Send_WhenAnAnswerCallbackThrows_StillAnswersTheOthers()
    {
        var answered = new TaskCompletionSource();
        var count = 0;

        _feeds.Send("lobby", new MarkRead("ann", 1), _ =>
        {
            count++;
            throw new InvalidOperationException("a bug");
        });
        _feeds.Send("lobby", new MarkRead("bob", 1), _ => answered.SetResult());

        await Waiting.ForAsync(answered.Task, "the answer to the other command");
        Assert.Equal(1, count);
    }

    [Fact]
    public async Task Tell_WhenANoticeIsMissing_AsksTheRoomForIt()
    {
        await EnterAsync(await SubscriptionAsync("ann"));
        _room.Notices.AddRange([Notice(1, "bob"), Notice(2, "cat"), Notice(3, "dan")]);

        _feeds.OnPresence(_room.Notices[0]);
        _feeds.OnPresence(_room.Notices[2]);

        await Waiting.UntilAsync(() => _feeds.Find("lobby")!.PresenceVersion == new PresenceVersion(1, 3), "the missed notice");
        Assert.Equal("attend ann", _room.Calls[^1]);
    }

    [Fact]
    public async Task AttendAll_WhenTheStreamWasSilent_FetchesTheMissedNotices()
    {
        await EnterAsync(await SubscriptionAsync("ann"));
        _room.Notices.Add(Notice(1, "bob"));

        await _feeds.SyncAllAttachmentsAsync(TestContext.Current.CancellationToken);

        await Waiting.UntilAsync(() => _feeds.Find("lobby")!.PresenceVersion == new PresenceVersion(1, 1), "the notice that the silent stream did not deliver");
    }

    [Fact]
    public async Task Page_WhenItWaitsFor5sForItsTurn_IsUnavailable()
    {
        var (history, time) = (new HistoryThatSays(), new ManualTime());
        var feeds = FeedsOf(history, time);
        var (held, asked) = (new TaskCompletionSource<HistoryPage>(), 0);
        history.Pages = (_, _) =>
        {
            asked++;
            return held.Task;
        };
        var ct = TestContext.Current.CancellationToken;
        Task<HistoryPage>[] served = [feeds.PageAsync(Ask("ann"), ct), feeds.PageAsync(Ask("bob"), ct)];
        var waiting = feeds.PageAsync(Ask("eve"), ct);

        time.Advance(TimeSpan.FromSeconds(4.9));
        var soon = waiting.IsCompleted;
        time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.False(soon, "The page was refused before 5 s.");
        Assert.Equal(Refusal.Unavailable, (await Waiting.ForAsync(waiting, "the refusal of the page that had no turn")).Refusal);
        Assert.Equal(2, asked);
        Assert.All(served, page => Assert.False(page.IsCompleted, "A page in flight has no limit of its own."));
        held.SetResult(new([], 7, null));
        Assert.All(await Task.WhenAll(served), page => Assert.Equal(7, page.Head));
        Assert.Equal(7, (await feeds.PageAsync(Ask("eve"), ct)).Head);
    }

    [Fact]
    public async Task Page_WhenItsAskerIsGone_GivesItsTurnToTheNext()
    {
        var (history, time) = (new HistoryThatSays(), new ManualTime());
        var feeds = FeedsOf(history, time);
        history.Pages = async (_, gone) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, gone);
            throw new InvalidOperationException("The delay has no end.");
        };
        using var leaving = new CancellationTokenSource();
        Task<HistoryPage>[] left = [.. Enumerable.Range(0, 4).Select(_ => feeds.PageAsync(Ask("ann"), leaving.Token))]; // Two of them wait.

        await leaving.CancelAsync();
        history.Pages = (_, gone) => gone.IsCancellationRequested ? Task.FromCanceled<HistoryPage>(gone) : Task.FromResult(new HistoryPage([], 7, null));
        var next = await Waiting.ForAsync(feeds.PageAsync(Ask("bob"), TestContext.Current.CancellationToken), "the page of the next user");

        Assert.Equal(7, next.Head);
        foreach (var page in left)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => page);
        }
    }

    private static PageAsk Ask(string user) => new("lobby", user, 0, 10, 0);

    /// <summary>Reads up to two pages of this history at a time.</summary>
    private static Feeds FeedsOf(HistoryThatSays history, TimeProvider time) => new(
        GrainsInMemory.Create((0L, history)), new(), new(NullLogger<BackgroundTasks>.Instance), Options.Create(new FanoutOptions { PagesAtATime = 2 }), new(new Meters()), time);

    private static RoomPresence Notice(long number, string came) => new("lobby", new(1, number), [came], [], (int)number + 1);

    private async Task<Subscription> SubscriptionAsync(string user) =>
        new(await _rig.SessionAsync(user), "lobby", new(JsonFormat.Instance, "lobby", user));

    private Task<RoomReply> EnterAsync(Subscription subscription)
    {
        var answer = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _feeds.Enter(subscription, new Enter(subscription.Session.User, RoomKind.Channel, null), answer.SetResult);
        return Waiting.ForAsync(answer.Task, "the answer to an enter");
    }

    private Task<RoomReply> ExitAsync(Subscription subscription, bool forGood = false)
    {
        var answer = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _feeds.Exit(subscription, forGood, answer.SetResult);
        return Waiting.ForAsync(answer.Task, "the answer to an exit");
    }
}
