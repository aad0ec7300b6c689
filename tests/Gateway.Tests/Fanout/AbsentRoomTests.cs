using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>
/// The gateway does not call the grain of a room that does not exist. If a user joins a direct room before its first
/// message, the user receives this message.
/// </summary>
public sealed class AbsentRoomTests : IDisposable
{
    private static readonly string Direct = RoomKey.Direct("ann", "bob");
    private readonly RoomThatSays _room = new() { Attends = _ => Task.FromResult(new RoomHead(Direct, 1, 1)) };
    private readonly HistoryThatSays _history = new();
    private readonly SessionRig _rig = new();
    private readonly RoomClients _rooms;

    public AbsentRoomTests() => _rooms = TestRooms.Create(GrainsInMemory.Create(("lobby", _room), (Direct, _room), (0L, _history))).Rooms;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Resume_WhenTheRoomDoesNotExist_IsRefusedWithoutACall()
    {
        var refused = Assert.IsType<Refused>(await EnterAsync(await SubscriptionAsync("lobby"), new Enter("ann", null, null, AsMember: true)));

        Assert.Equal((Refusal.NotFound, null), (refused.Reason, refused.RetryMs));
        await SweptAsync();
        Assert.Empty(_room.Calls);
    }

    [Fact]
    public async Task Resume_WhenTheRoomExists_CallsTheRoom()
    {
        _history.Heads.Add(new("lobby", 0, 1));

        Assert.IsType<Entered>(await EnterAsync(await SubscriptionAsync("lobby"), new Enter("ann", null, null, AsMember: true)));

        Assert.Equal(["handle +ann"], _room.Calls);
    }

    [Fact]
    public async Task DirectRoom_WhenItHasNoMessage_IsJoinedAndLeftWithoutACall()
    {
        var subscription = await SubscriptionAsync(Direct);

        var entered = Assert.IsType<Entered>(await EnterAsync(subscription, new Enter("ann", null, null)));
        _rooms.Typing(Direct, "ann");
        await _rooms.SyncAllAttachmentsAsync(TestContext.Current.CancellationToken);
        Assert.IsType<Done>(await SendAsync(new MarkRead("ann", 3)));
        _rooms.Exit(subscription, answered: null);
        await SweptAsync();

        Assert.Equal((0, UncreatedRoom.Epoch), (entered.Seq, entered.Epoch));
        Assert.Empty(_room.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DirectRoom_WhenItsFirstMessageArrives_AttachesItsUsers(bool notified)
    {
        var subscription = await SubscriptionAsync(Direct);
        await EnterAsync(subscription, new Enter("ann", null, null));
        _history.Heads.Add(new(Direct, 1, 1));
        _history.Events.Add(new(1, 1, "bob", RoomEventKind.Msg, "hi", null, null, null, null, false, 1));

        if (notified)
        {
            _rooms.OnNotified(Direct, 1);
        }
        else
        {
            _rooms.OnHeadsPolled(new([new(Direct, 1, 1)], 1));
        }

        await Waiting.UntilAsync(() => _room.Calls is ["attend ann"], "the attend call");
        await Waiting.UntilAsync(
            () =>
            {
                _rooms.GoLive(subscription, out var head);
                return head == 1;
            },
            "the feed to read the first message");
    }

    [Fact]
    public async Task Who_WhenTheRoomIsUnknown_AsksTheLog()
    {
        Assert.Equal(Refusal.NotFound, (await _rooms.WhoAsync("lobby", "ann", 10)).Refusal);
        Assert.Equal(["lobby"], _history.Whos);
        Assert.Empty(_room.Calls);

        await EnterAsync(await SubscriptionAsync("lobby"), new Enter("ann", RoomKind.Channel, null));
        Assert.Null((await _rooms.WhoAsync("lobby", "ann", 10)).Refusal);
        Assert.Equal(["handle +ann", "who ann"], _room.Calls);
    }

    private Task SweptAsync() => Waiting.UntilAsync(
        () =>
        {
            _rooms.Sweep();
            return _rooms.Count == 0;
        },
        "the removal of the idle room client");

    private async Task<Subscription> SubscriptionAsync(string room) => new(await _rig.SessionAsync("ann"), room, new(JsonFormat.Instance, room, "ann"));

    private Task<RoomReply> EnterAsync(Subscription subscription, Enter enter)
    {
        var answer = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rooms.Enter(subscription, enter, answer.SetResult);
        return Waiting.ForAsync(answer.Task, "the answer to an enter");
    }

    private Task<RoomReply> SendAsync(RoomCommand command)
    {
        var answer = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rooms.Send(Direct, command, answer.SetResult);
        return Waiting.ForAsync(answer.Task, "the answer to a command");
    }
}
