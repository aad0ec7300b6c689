using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>The gateway does not call the grain of a private room for a user who may not enter the room.</summary>
public sealed class PrivateRoomTests : IDisposable
{
    private const string Room = "~abcdefghijklmnopqrstuvwxyz";
    private static readonly Refused NotFound = new(Refusal.NotFound, "there is no such room");
    private readonly RoomThatSays _room = new();
    private readonly HistoryThatSays _history = new();
    private readonly SessionRig _rig = new();
    private readonly RoomClients _rooms;

    public PrivateRoomTests() => _rooms = TestRooms.Create(GrainsInMemory.Create((Room, _room), (0L, _history))).Rooms;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Enter_WhenTheUserMayNot_IsRefusedWithoutACall(bool asMember, bool exists)
    {
        // If the room exists, Bob is in the room on this gateway.
        if (exists)
        {
            await BobIsInAsync();
        }

        var before = _room.Calls;
        var reply = await EnterAsync("eve", new Enter("eve", null, null, asMember));

        Assert.Equal(NotFound, reply);
        Assert.Equal([$"{Room} eve"], _history.Entries);
        Assert.Equal(0, _history.Asked);
        if (exists)
        {
            // The refused subscription ends before this post. If its end caused a call to the room, the call would come
            // before the post.
            await PostAsync("bob", "b");
        }
        else
        {
            await SweptAsync();
        }

        Assert.Equal(exists ? [.. before, "handle b"] : before, _room.Calls);
        Assert.Equal([$"{Room} eve"], _history.Entries);
    }

    [Fact]
    public async Task Enter_WhenTheTokenGrantsActions_ChecksThemFirst()
    {
        await BobIsInAsync();

        var reply = await EnterAsync("eve", new Enter("eve", null, null) { Claimed = RoomAction.Join });
        await _rooms.WhoAsync(Room, "eve", 10, RoomAction.Read);

        Assert.Equal(NotFound, reply);
        Assert.Equal([$"{Room} eve Join", $"{Room} eve Read"], _history.Entries);
    }

    [Fact]
    public async Task Commands_WhenTheUserMayNotEnter_AreAnsweredInOrder()
    {
        await BobIsInAsync();
        var before = _room.Calls;
        var check = new TaskCompletionSource();
        _history.BeforeEntry = () => check.Task;
        List<RoomReply> replies = [];
        var subscription = await SubscriptionAsync("eve");
        var answered = new TaskCompletionSource();

        _rooms.Enter(subscription, new Enter("eve", null, null), replies.Add);
        _rooms.Send(Room, new Post("eve", "a", RoomEventKind.Msg, "x", null, null, null), replies.Add);
        _rooms.Send(Room, new MarkRead("eve", 1), replies.Add);
        _rooms.Send(Room, new Exit("eve", EndMembership: true, Stays: true), reply =>
        {
            replies.Add(reply);
            answered.SetResult();
        });
        check.SetResult();
        await Waiting.ForAsync(answered.Task, "the last answer");

        Assert.Equal([NotFound, NotFound, NotFound, new Done()], replies);
        Assert.Equal(before, _room.Calls);
    }

    [Fact]
    public async Task Commands_WhenTheUserMayEnter_ReachTheRoomInOrder()
    {
        _history.MayEnter.Add("ann");
        var check = new TaskCompletionSource();
        _history.BeforeEntry = () => check.Task;
        var answered = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);

        _rooms.Enter(await SubscriptionAsync("ann"), new Enter("ann", null, null), _ => { });
        _rooms.Send(Room, new Post("ann", "a", RoomEventKind.Msg, "x", null, null, null), answered.SetResult);
        check.SetResult();

        Assert.IsType<Posted>(await Waiting.ForAsync(answered.Task, "the answer to the post"));
        Assert.Equal(["+ann", "a"], _room.Calls.SelectMany(call => call["handle ".Length..].Split(' ')));
        Assert.Equal(0, _history.Asked);
    }

    [Theory]
    [InlineData("good", true)]
    [InlineData("bad", false)]
    public async Task Enter_WhenItHasALink_IsCheckedWithTheLink(string link, bool mayEnter)
    {
        _history.MayEnter.Add("good");

        var reply = await EnterAsync("eve", new Enter("eve", null, null, Link: link));

        Assert.Equal(mayEnter, reply is Entered);
        Assert.Equal([$"{Room} eve {link}"], _history.Entries);
        Assert.Equal(mayEnter ? ["handle +eve"] : [], _room.Calls);
    }

    [Fact]
    public async Task Enters_WhenTheyHaveSeveralLinks_ShareOneCheck()
    {
        _history.MayEnter.Add("good");
        var check = new TaskCompletionSource();
        _history.BeforeEntry = () => check.Task;
        var subscription = await SubscriptionAsync("eve");
        var answered = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);

        // While the check of cat's command is in flight, the commands of eve wait, and then share the next check.
        _rooms.Send(Room, new MarkRead("cat", 1), _ => { });
        await Waiting.UntilAsync(() => !_history.Entries.IsEmpty, "the check of cat");
        _rooms.Send(Room, new Enter("eve", null, null, Link: "bad"), _ => { });
        _rooms.Send(Room, new Enter("eve", null, null, Link: "bad"), _ => { });
        _rooms.Enter(subscription, new Enter("eve", null, null, Link: "good"), answered.SetResult);
        check.SetResult();

        Assert.IsType<Entered>(await Waiting.ForAsync(answered.Task, "the answer to the enter"));
        Assert.Equal([$"{Room} cat", $"{Room} eve bad good"], _history.Entries);
        Assert.Equal(["handle +eve +eve +eve"], _room.Calls);
    }

    [Fact]
    public async Task Commands_WhenTheUserIsAttached_NeedNoCheck()
    {
        await BobIsInAsync();

        Assert.IsType<Posted>(await PostAsync("bob", "b"));

        Assert.Empty(_history.Entries);
    }

    [Fact]
    public async Task Commands_WhenOthersMayNotEnter_StillReachTheRoom()
    {
        await BobIsInAsync();
        var check = new TaskCompletionSource();
        _history.BeforeEntry = () => check.Task;

        var refused = EnterAsync("eve", new Enter("eve", null, null));
        var posted = PostAsync("bob", "b");
        check.SetResult();

        Assert.IsType<Posted>(await posted);
        Assert.Equal(NotFound, await refused);
        Assert.Equal(["handle +bob", "handle b"], _room.Calls);
    }

    [Fact]
    public async Task Creation_WhenTheNameIsNew_NeedsNoCheck()
    {
        Assert.IsType<Entered>(await EnterAsync("ann", new Enter("ann", RoomKind.Group, RoomKind.Group)));

        Assert.Empty(_history.Entries);
        Assert.Equal(["handle +ann"], _room.Calls);
    }

    [Fact]
    public async Task Check_WhenItFails_LetsTheRoomAnswer()
    {
        _history.BeforeEntry = () => Task.FromException(new IOException("No log."));

        Assert.IsType<Entered>(await EnterAsync("ann", new Enter("ann", null, null)));

        Assert.Equal(["handle +ann"], _room.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhoAndTyping_WhenTheUserMayNotEnter_CauseTheSameCalls(bool exists)
    {
        if (exists)
        {
            await BobIsInAsync();
        }

        var before = _room.Calls;
        var who = await _rooms.WhoAsync(Room, "eve", 10);
        _rooms.Typing(Room, "eve");

        Assert.Equal(Refusal.NotFound, who.Refusal);
        Assert.Equal([$"{Room} eve"], _history.Entries);
        Assert.Empty(_history.Whos);
        Assert.Equal(before, _room.Calls);
    }

    [Fact]
    public async Task WhoAndTyping_WhenTheUserIsAttached_CallTheRoom()
    {
        await BobIsInAsync();

        await _rooms.WhoAsync(Room, "bob", 10);
        _rooms.Typing(Room, "bob");

        Assert.Equal(["handle +bob", "who bob", "typing bob"], _room.Calls);
    }

    [Fact]
    public async Task Who_WhenTheUserMayEnter_AsksTheLog()
    {
        _history.MayEnter.Add("ann");

        await _rooms.WhoAsync(Room, "ann", 10);

        Assert.Equal([Room], _history.Whos);
    }

    private async Task BobIsInAsync() => Assert.IsType<Entered>(await EnterAsync("bob", new Enter("bob", RoomKind.Group, null)));

    private Task SweptAsync() => Waiting.UntilAsync(
        () =>
        {
            _rooms.Sweep();
            return _rooms.Count == 0;
        },
        "the removal of the idle room client");

    private Task<RoomReply> PostAsync(string user, string clientId)
    {
        var answered = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rooms.Send(Room, new Post(user, clientId, RoomEventKind.Msg, "x", null, null, null), answered.SetResult);
        return Waiting.ForAsync(answered.Task, "the answer to a post");
    }

    private async Task<Subscription> SubscriptionAsync(string user) => new(await _rig.SessionAsync(user), Room, new(JsonFormat.Instance, Room, user));

    private async Task<RoomReply> EnterAsync(string user, Enter enter)
    {
        var answer = new TaskCompletionSource<RoomReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rooms.Enter(await SubscriptionAsync(user), enter, answer.SetResult);
        return await Waiting.ForAsync(answer.Task, "the answer to an enter");
    }
}
