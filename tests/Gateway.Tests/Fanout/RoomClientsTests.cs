using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>
/// A room knows which users are attached through a gateway. These users must be exactly those with a subscription on
/// that gateway.
/// </summary>
public sealed class RoomClientsTests : IDisposable
{
    private readonly RoomThatSays _room = new();
    private readonly SessionRig _rig = new();
    private readonly FanoutOptions _options = new() { CommandTimeout = TimeSpan.FromMilliseconds(300), CallInterval = TimeSpan.FromMilliseconds(0) };
    private readonly RoomFeeds _feeds;
    private readonly RoomClients _rooms;

    public RoomClientsTests() => (_feeds, _rooms, _) = TestRooms.Create(GrainsInMemory.Create(("lobby", _room), (0L, new HistoryThatSays())), _options);

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
                _rooms.Sweep();
                return _rooms.Count == 0;
            },
            "the removal of the idle room client");
    }

    [Fact]
    public async Task Enter_WhenARepeatedJoinIsRefused_DetachesTheUser()
    {
        // The user joins again. The old subscription ends, and then the room refuses the join of the new subscription.
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

        _rooms.Send("lobby", new MarkRead("ann", 1), _ =>
        {
            count++;
            throw new InvalidOperationException("a bug");
        });
        _rooms.Send("lobby", new MarkRead("bob", 1), _ => answered.SetResult());

        await Waiting.ForAsync(answered.Task, "the answer to the second command");
        Assert.Equal(1, count);
    }

    [Fact]
    public async Task Presence_WhenAnUpdateIsMissing_AsksTheRoomForIt()
    {
        await EnterAsync(await SubscriptionAsync("ann"));
        _room.Notices.AddRange([Notice(1, "bob"), Notice(2, "cat"), Notice(3, "dan")]);

        _rooms.OnPresence(_room.Notices[0]);
        _rooms.OnPresence(_room.Notices[2]);

        await Waiting.UntilAsync(() => _feeds.Find("lobby")!.Presence.Version == new PresenceVersion(1, 3), "the missed notice");
        Assert.Equal("attend ann", _room.Calls[^1]);
    }

    [Fact]
    public async Task SyncAll_WhenTheStreamWasSilent_FetchesTheMissedUpdates()
    {
        await EnterAsync(await SubscriptionAsync("ann"));
        _room.Notices.Add(Notice(1, "bob"));

        await _rooms.SyncAllAttachmentsAsync(TestContext.Current.CancellationToken);

        await Waiting.UntilAsync(() => _feeds.Find("lobby")!.Presence.Version == new PresenceVersion(1, 1), "the notice that the silent stream did not deliver");
    }

    [Fact]
    public async Task SyncAll_WhenManyRoomsDoNotAnswer_ReachesTheOthers()
    {
        const int Stuck = 32;
        RoomThatSays[] all = [.. Enumerable.Range(0, Stuck + 1).Select(_ => new RoomThatSays())];
        var rooms = TestRooms.Create(GrainsInMemory.Create([(0L, new HistoryThatSays()), .. all.Select((room, i) => ((object)$"r{i}", (object)room))])).Rooms;
        for (var i = 0; i <= Stuck; i++)
        {
            var entered = new TaskCompletionSource();
            rooms.Enter(
                new(await _rig.SessionAsync("ann"), $"r{i}", new(JsonFormat.Instance, $"r{i}", "ann")), new Enter("ann", RoomKind.Channel, null), _ => entered.SetResult());
            await Waiting.ForAsync(entered.Task, "the answer to an enter");
        }

        foreach (var room in all[..Stuck])
        {
            room.Attends = _ => new TaskCompletionSource<RoomHead>().Task;
        }

        await Waiting.ForAsync(rooms.SyncAllAttachmentsAsync(TestContext.Current.CancellationToken), "the synchronization of all rooms");

        Assert.Equal("attend ann", all[Stuck].Calls[^1]);
    }

    private static RoomPresence Notice(long number, string came) => new("lobby", new(1, number), [came], [], (int)number + 1);

    private async Task<Subscription> SubscriptionAsync(string user) =>
        new(await _rig.SessionAsync(user), "lobby", new(JsonFormat.Instance, "lobby", user));

    private Task<RoomReply> EnterAsync(Subscription subscription)
    {
        var answer = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rooms.Enter(subscription, new Enter(subscription.Session.User, RoomKind.Channel, null), answer.SetResult);
        return Waiting.ForAsync(answer.Task, "the answer to an enter");
    }

    private Task<RoomReply> ExitAsync(Subscription subscription)
    {
        var answer = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rooms.Exit(subscription, answer.SetResult);
        return Waiting.ForAsync(answer.Task, "the answer to an exit");
    }
}
