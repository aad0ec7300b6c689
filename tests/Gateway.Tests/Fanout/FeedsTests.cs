using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>Who a room believes to be here, and who is.</summary>
public sealed class FeedsTests : IDisposable
{
    private readonly RoomThatSays _room = new();
    private readonly SessionRig _rig = new();
    private readonly FanoutOptions _options = new() { CommandMs = 300 };
    private readonly Feeds _feeds;

    public FeedsTests() => _feeds = new(
        GrainsInMemory.Of(("lobby", _room)), new(), new(NullLogger<Ongoing>.Instance), Options.Create(_options), new(new Meters()), TimeProvider.System);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task TheRoomHears_OfAUsersLastLeave_NotOfEach()
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
                return _feeds.Lines == 0;
            },
            "the line to be forgotten");
    }

    [Fact]
    public async Task ALeaveForGood_IsToldAlways()
    {
        var (phone, laptop) = (await SubscriptionAsync("ann"), await SubscriptionAsync("ann"));
        await EnterAsync(phone);
        await EnterAsync(laptop);
        Assert.IsType<Done>(await ExitAsync(phone, forGood: true));
        Assert.Equal("handle -ann", _room.Calls[^1]);
    }

    [Fact]
    public async Task ARefusedEnter_AfterTheEarlierSubscriptionLeft_TakesTheUserOut()
    {
        // Joining again: the old subscription goes when the new one is in; the room then refuses the new one.
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
        await Waiting.UntilAsync(() => _room.Calls[^1] == "handle -ann", "the room to hear that nobody is here");
        Assert.Empty(_feeds.Rooms);
    }

    [Fact]
    public async Task ComingWhileAnotherGoes_LeavesTheUserInTheRoom()
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
            Assert.True(here.Contains("ann"), $"Round {round}: somebody came while somebody went, and the room heard it the other way round.");
            (going, coming) = (coming, going);
        }
    }

    [Fact]
    public async Task AnAnswerThatFails_CostsTheOthersNothing()
    {
        var answered = new TaskCompletionSource();
        var count = 0;
        _feeds.Send("lobby", new MarkRead("ann", 1), _ =>
        {
            count++;
            throw new InvalidOperationException("a bug");
        });
        _feeds.Send("lobby", new MarkRead("bob", 1), _ => answered.SetResult());
        await Waiting.ForAsync(answered.Task, "the other's answer");
        Assert.Equal(1, count);
    }

    [Fact]
    public async Task AMissedNotice_IsAskedOfTheRoom_AndToldInOrder()
    {
        await EnterAsync(await SubscriptionAsync("ann"));
        _room.Notices.AddRange([Notice(1, "bob"), Notice(2, "cat"), Notice(3, "dan")]);
        _feeds.Tell(_room.Notices[0]);
        _feeds.Tell(_room.Notices[2]);

        await Waiting.UntilAsync(() => _feeds.Find("lobby")!.Heard == new NoticeMark(1, 3), "the missed notice to be told");
        Assert.Equal("attend ann", _room.Calls[^1]);
    }

    [Fact]
    public async Task AnInboxThatWasSilent_IsMadeUpForByTheRooms()
    {
        await EnterAsync(await SubscriptionAsync("ann"));
        _room.Notices.Add(Notice(1, "bob"));

        await _feeds.AttendAllAsync(TestContext.Current.CancellationToken);

        await Waiting.UntilAsync(() => _feeds.Find("lobby")!.Heard == new NoticeMark(1, 1), "the notice that the silent inbox did not bring");
    }

    private static RoomAttendance Notice(long number, string came) => new("lobby", new(1, number), [came], [], (int)number + 1);

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
