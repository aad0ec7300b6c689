using System.Text;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>
/// The sequence at which the delivery of a room to a session starts. From there on, the session sends each event
/// exactly once.
/// </summary>
public sealed class SessionJoinTests
{
    [Fact]
    public async Task Join_WhenAfterAndLastAreAbsent_StartsAtTheHead()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 5);

        await (await rig.SessionAsync()).HandleAsync(Join());
        rig.Rooms.Append("lobby", 2);

        var joined = Assert.IsType<Joined>(rig.Frames[0]);
        Assert.Equal((5, 5, false), (joined.Seq, joined.After, joined.Reset));
        Assert.Equal([6, 7], rig.Seqs());
    }

    [Fact]
    public async Task Join_WhenItHasACursor_ReplaysTheEventsAfterIt()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 5);

        await (await rig.SessionAsync()).HandleAsync(Join(after: 2));
        await rig.UntilAsync(r => r.Seqs().Length == 3, "the replay");
        rig.Rooms.Append("lobby");

        Assert.Equal(2, Assert.IsType<Joined>(rig.Frames[0]).After);
        await rig.UntilAsync(r => r.Seqs().Length == 4, "the live event");
        Assert.Equal([3, 4, 5, 6], rig.Seqs());
    }

    [Theory]
    [InlineData(2, new long[] { 4, 5 })]
    [InlineData(50, new long[] { 1, 2, 3, 4, 5 })]
    public async Task Join_WhenItAsksForTheLast_ReplaysTheNewestEvents(int last, long[] expected)
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 5);

        await (await rig.SessionAsync()).HandleAsync(Join(last: last));
        await rig.UntilAsync(r => r.Seqs().Length == expected.Length, "the replay");

        Assert.Equal(expected, rig.Seqs());
        Assert.Equal(5 - expected.Length, Assert.IsType<Joined>(rig.Frames[0]).After);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task Join_WhenTheCursorIsAtTheReplayLimit_SendsAGapOnlyBeyondIt(int over, bool gap)
    {
        using var rig = new SessionRig(limits: new() { ReplayEvents = 10 });
        rig.Rooms.Append("lobby", 13 + over);

        await (await rig.SessionAsync()).HandleAsync(Join(after: 3));
        await rig.UntilAsync(r => r.Seqs().Length == 10, "the newest events");

        Assert.IsType<Joined>(rig.Frames[0]);
        if (gap)
        {
            Assert.Equal(new Gap("lobby", 4, 4), rig.Frames[1]);
        }

        Assert.Equal(Enumerable.Range(4 + over, 10).Select(seq => (long)seq), rig.Seqs());
        Assert.Equal(gap ? 1 : 0, rig.Frames.OfType<Gap>().Count());
    }

    [Fact]
    public async Task Join_WhenEventsArriveDuringTheReplay_SendsNoGap()
    {
        // The replay limit applies only to the events that exist when the client joins. Another limit, MaxLagEvents,
        // applies to later events.
        using var rig = new SessionRig(limits: new() { ReplayEvents = 10 });
        rig.Rooms.Append("lobby", 10);
        var reads = new TaskCompletionSource();
        rig.Rooms.BeforeRead = () => reads.Task;

        await (await rig.SessionAsync()).HandleAsync(Join(after: 0));
        rig.Rooms.HoldsAnswers = false;
        rig.Rooms.Append("lobby", 15);
        reads.SetResult();
        await rig.UntilAsync(r => r.Seqs().Length == 25 || r.Frames.OfType<Gap>().Any(), "all events");

        Assert.Equal(Enumerable.Range(1, 25).Select(seq => (long)seq), rig.Seqs());
    }

    [Fact]
    public async Task Join_WhenTheCursorHasAnotherEpoch_SaysReset()
    {
        using var rig = new SessionRig(limits: new() { ReplayEvents = 3 });
        rig.Rooms.Append("lobby", 5);

        await (await rig.SessionAsync()).HandleAsync(Join(after: 4, epoch: "another"));
        await rig.UntilAsync(r => r.Seqs().Length == 3, "the newest events");

        var joined = Assert.IsType<Joined>(rig.Frames[0]);
        Assert.Equal((true, "e1", 2), (joined.Reset, joined.Epoch, joined.After));
        Assert.Equal([3, 4, 5], rig.Seqs());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Resume_WhenTheCursorPredatesTheFirstMessage_DoesNotReset(int after)
    {
        using var rig = new SessionRig(limits: new() { ReplayEvents = 5 });
        rig.Rooms.Append("lobby", 3);
        var session = await rig.SessionAsync();

        await session.HandleAsync(new Hello(null, null, null, [new("lobby", after, "0")]));

        await rig.UntilAsync(r => r.Seqs().Length == 3 - after, "the missing events");
        var joined = Assert.Single(rig.Frames.OfType<Joined>());
        Assert.Equal((false, "e1", (long)after), (joined.Reset, joined.Epoch, joined.After));
    }

    [Fact]
    public async Task Join_WhenTheCursorIsPastTheHead_SaysReset()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 2);

        await (await rig.SessionAsync()).HandleAsync(Join(after: 3, epoch: "e1"));
        await rig.UntilAsync(r => r.Seqs().Length == 2, "all events");

        Assert.True(Assert.IsType<Joined>(rig.Frames[0]).Reset);
        Assert.Equal([1, 2], rig.Seqs());
    }

    [Fact]
    public async Task Hello_WhenItNamesRooms_ResumesEachFromItsCursor()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 4);
        rig.Rooms.Append("garden", 4);

        await (await rig.SessionAsync()).HandleAsync(new Hello("h", null, null, [new("lobby", 1, "e1"), new("garden", 3, "e1"), new("attic", 0, null)]));
        await rig.UntilAsync(r => r.Seqs().Length + r.Seqs("garden").Length == 4, "the missed events");

        Assert.Equal("ann", Assert.IsType<Welcome>(rig.Frames[0]).User);
        Assert.Equal(["lobby", "garden", "attic"], rig.Frames.OfType<Joined>().Select(joined => joined.Room));
        Assert.Equal([2, 3, 4], rig.Seqs());
        Assert.Equal([4], rig.Seqs("garden"));
    }

    [Fact]
    public async Task Join_WhenEventsPrecedeItsAnswer_DeliversThemOnce()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 3);
        rig.Rooms.HoldsAnswers = true;

        await (await rig.SessionAsync()).HandleAsync(Join());
        rig.Rooms.Append("lobby", 2);

        Assert.Empty(rig.Frames);

        rig.Rooms.HoldsAnswers = false;
        rig.Rooms.AnswerAll();
        rig.Rooms.Append("lobby");
        await rig.UntilAsync(r => r.Seqs().Length >= 3, "the events");

        Assert.Equal(3, Assert.IsType<Joined>(rig.Frames[0]).After);
        Assert.Equal([4, 5, 6], rig.Seqs());
    }

    [Fact]
    public async Task Join_WhenTheRoomRefusesIt_SendsAnErrorAndAllowsARetry()
    {
        using var rig = new SessionRig();
        rig.Rooms.Refuses = new(Refusal.Forbidden, "not yours");
        var session = await rig.SessionAsync();

        await session.HandleAsync(Join());

        Assert.Equal(new Err("j", ChatErrorCode.Forbidden, "not yours", null), rig.Frames[0]);

        rig.Rooms.Refuses = null;
        await session.HandleAsync(Join());

        Assert.IsType<Joined>(rig.Frames[1]);
    }

    [Fact]
    public async Task Join_WhenTheRoomLimitIsReached_IsRefused()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 1 });
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join());

        await session.HandleAsync(new Join("k", "garden", null, null, null, null));

        Assert.Equal(ChatErrorCode.RoomFull, Assert.IsType<Err>(rig.Frames[1]).Code);

        await session.HandleAsync(Join());

        Assert.IsType<Joined>(rig.Frames[2]);
    }

    [Fact]
    public async Task Join_WhenItRepeats_StartsOverAndKeepsTheUserAttached()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 3);
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join(after: 0));
        await rig.UntilAsync(r => r.Seqs().Length == 3, "the replay");
        rig.Forget();

        await session.HandleAsync(Join(after: 1));
        await rig.UntilAsync(r => r.Seqs().Length == 2, "the second replay");
        rig.Rooms.Append("lobby");
        await rig.UntilAsync(r => r.Seqs().Length == 3, "the next event");

        Assert.Equal([2, 3, 4], rig.Seqs());
        Assert.Equal(["enter lobby ann", "enter lobby ann", "exit lobby ann"], rig.Rooms.Calls);
    }

    [Fact]
    public async Task Join_WhenALaterCommandOvertakesIt_IsAnswered()
    {
        using var rig = new SessionRig();
        rig.Rooms.HoldsAnswers = true;
        var session = await rig.SessionAsync();

        await session.HandleAsync(new Join("1", "lobby", null, null, null, null));
        await session.HandleAsync(new Join("2", "lobby", null, null, null, null));
        await session.HandleAsync(new Leave("3", "lobby", true));
        rig.Rooms.HoldsAnswers = false;
        rig.Rooms.AnswerAll();
        rig.Rooms.Append("lobby");

        Assert.Equal(["1", "2"], rig.Frames.OfType<Joined>().Select(joined => joined.Id));
        Assert.Equal("3", Assert.IsType<Ok>(rig.Frames[^1]).Id);
    }

    [Fact]
    public async Task Leave_WhenEventsWait_DropsThem()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join());
        await session.HandleAsync(new Join("k", "garden", null, null, null, null));
        rig.Rooms.Append("lobby", 5);
        rig.Rooms.Append("garden", 1);

        await session.HandleAsync(new Leave("l", "lobby", true));
        rig.Rooms.Append("lobby", 5);

        Assert.Equal([1], rig.Seqs("garden"));
        Assert.Empty(rig.Seqs());
        Assert.Equal(new Ok("l", "lobby", null, null, false, null), rig.Frames[^1]);
    }

    [Fact]
    public async Task Leave_WhenMemberIsFalse_EndsTheMembership()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join());

        await session.HandleAsync(new Leave("l", "lobby", KeepMembership: false));

        Assert.Equal(["end lobby ann", "exit lobby ann"], rig.Rooms.Calls[^2..]);
        Assert.Equal(0, rig.Rooms.In("lobby"));
    }

    [Fact]
    public async Task Leave_WhenTheRoomRefusesTheEnd_KeepsTheSessionInTheRoom()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join());
        rig.Rooms.RefusesExits = new Refused(Refusal.Forbidden, "make another member an owner first");

        await session.HandleAsync(new Leave("l", "lobby", KeepMembership: false));
        rig.Rooms.Append("lobby");

        Assert.Contains(new Err("l", ChatErrorCode.Forbidden, "make another member an owner first", null), rig.Frames);
        Assert.Equal([1], rig.Seqs());
    }

    [Fact]
    public async Task Leave_WhenTheClientJoinedAgainMeanwhile_KeepsTheNewSubscription()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join());
        rig.Rooms.HoldsAnswers = true;

        await session.HandleAsync(new Leave("l", "lobby", KeepMembership: false));
        await session.HandleAsync(Join());
        rig.Rooms.AnswerAll();
        rig.Rooms.Append("lobby");

        Assert.Equal([1], rig.Seqs());
        Assert.Equal(1, rig.Rooms.In("lobby"));
    }

    [Fact]
    public async Task Reach_WhenItRepeats_JoinsTheDirectRoomOnce()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync("ann");
        await session.HandleAsync(new Hello(null, null, null, []));
        var room = RoomKey.Direct("ann", "bob");
        rig.Rooms.Append(room, 3);

        session.Reach(room, 2);
        session.Reach(room, 2);
        rig.Rooms.Append(room);
        session.Reach(room, 3);
        await rig.UntilAsync(r => r.Seqs("@bob").Length == 2, "the events");

        Assert.Equal([3, 4], rig.Seqs("@bob"));
        Assert.Single(rig.Frames.OfType<Joined>());
        Assert.Single(rig.Rooms.Calls);
    }

    [Fact]
    public async Task Reach_WhenAllPlacesAreTaken_DisplacesTheOldestUnaskedRoom()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 2 }, options: new() { PlacesForOthers = 2 });
        var session = await rig.SessionAsync("ann");
        await session.HandleAsync(new Hello(null, null, null, []));
        await session.HandleAsync(new Join("1", "lobby", null, null, null, null));
        await session.HandleAsync(new Join("2", "garden", null, null, null, null));
        foreach (var stranger in (string[])["bob", "cat", "dan"])
        {
            rig.Rooms.Append(RoomKey.Direct("ann", stranger), from: stranger);

            session.Reach(RoomKey.Direct("ann", stranger), 0);

            await rig.UntilAsync(r => r.Seqs($"@{stranger}").Length == 1, "the stranger's message");
        }

        Assert.Equal([new Left("@bob", "displaced")], rig.Frames.OfType<Left>());
        Assert.Equal(["lobby", "garden", "@cat", "@dan"], session.Rooms);
        Assert.Contains($"exit {RoomKey.Direct("ann", "bob")} ann", rig.Rooms.Calls);

        rig.Rooms.Append(RoomKey.Direct("ann", "bob"), from: "bob");
        session.Reach(RoomKey.Direct("ann", "bob"), 1);

        await rig.UntilAsync(r => r.Seqs("@bob").Length == 2, "the next message of the displaced room");
        Assert.Equal("@cat", rig.Frames.OfType<Left>().Last().Room);
    }

    [Fact]
    public async Task Reach_WhenTheOldestRoomHasNotAnswered_ReportsItAsLeft()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 1 }, options: new() { PlacesForOthers = 1 });
        var session = await rig.SessionAsync("ann");
        await session.HandleAsync(new Hello(null, null, null, []));
        rig.Rooms.HoldsAnswers = true;

        session.Reach(RoomKey.Direct("ann", "bob"), 0);
        session.Reach(RoomKey.Direct("ann", "cat"), 0);

        Assert.Equal([new Left("@bob", "displaced")], rig.Frames.OfType<Left>());
        rig.Rooms.HoldsAnswers = false;
        rig.Rooms.AnswerAll();
        await rig.UntilAsync(r => r.Frames.OfType<Joined>().Any(), "the newer room");
        Assert.Equal(["@cat"], rig.Frames.OfType<Joined>().Select(joined => joined.Room));
    }

    [Fact]
    public async Task Resume_WhenItIsDisplacedBeforeItsAnswer_IsAnsweredBeforeLeft()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 1 }, options: new() { PlacesForOthers = 1 });
        var session = await rig.SessionAsync("ann");
        await session.HandleAsync(new Hello(null, null, null, [new("lobby", 0, null)]));
        rig.Rooms.HoldsAnswers = true;

        await session.HandleAsync(new Join("1", "@bob", 0, null, null, null, Resume: true));
        await session.HandleAsync(new Join("2", "@cat", 0, null, null, null, Resume: true));
        Assert.Empty(rig.Frames.OfType<Left>());
        rig.Rooms.HoldsAnswers = false;
        rig.Rooms.AnswerAll();

        await rig.UntilAsync(r => r.Frames.OfType<Left>().Any(), "the left frame of the older room");
        Assert.Equal(
            ["joined @bob", "left @bob", "joined @cat"],
            rig.Frames.Select(frame => frame is Joined { Id: not null } joined ? $"joined {joined.Room}" : frame is Left left ? $"left {left.Room}" : null).OfType<string>());
    }

    [Fact]
    public async Task Join_WhenTheClientResumedStrangersRooms_FindsItsPlaces()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 3 }, options: new() { PlacesForOthers = 1 });
        var session = await rig.SessionAsync("ann");

        await session.HandleAsync(new Hello(null, null, null, [new("@bob", 0, null), new("@cat", 0, null), new("@dan", 0, null)]));
        await session.HandleAsync(new Join("1", "lobby", null, null, null, null));
        await session.HandleAsync(new Join("2", "garden", null, null, null, null));
        await session.HandleAsync(new Join("3", "attic", null, null, null, null));

        await rig.UntilAsync(r => r.Frames.OfType<Joined>().Count() == 6, "all rooms");
        Assert.Equal(["@dan", "attic", "garden", "lobby"], session.Rooms.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Reach_WhenTheClientDoesNotReadAndThereIsNoPlace_ReportsTheRoomOnce()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 1 }, options: new() { PlacesForOthers = 1 });
        var session = await rig.SessionAsync("ann");
        await session.HandleAsync(new Hello(null, null, null, [new("lobby", 0, null)]));
        session.Reach(RoomKey.Direct("ann", "bob"), 0);
        await rig.UntilAsync(r => r.Frames.OfType<Joined>().Count() == 2, "both rooms");
        var answer = new byte[200 * 1024];
        answer.AsSpan().Fill((byte)' ');
        rig.SendQueue.EnqueueAnswer(answer);

        session.Reach(RoomKey.Direct("ann", "cat"), 0);
        session.Reach(RoomKey.Direct("ann", "cat"), 1);

        Assert.Equal(["@bob", "lobby"], session.Rooms.Order(StringComparer.Ordinal));
        var left = new List<string>();
        while (rig.SendQueue.TryTake(int.MaxValue, first: true, out var item))
        {
            left.Add(Encoding.UTF8.GetString(item.Bytes.Span).Trim());
        }

        Assert.Equal(["", """{"t":"left","room":"@cat","reason":"displaced"}"""], left);
        session.Reach(RoomKey.Direct("ann", "cat"), 2);
        Assert.Equal(["@cat", "lobby"], session.Rooms.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Invitations_WhenAnEarlierOneStillWaits_ReturnTheEarlierSequence()
    {
        var invitations = new Invitations(10);
        Assert.True(invitations.TryDefer("@bob", 3));
        Assert.Equal("@bob", Assert.Single(invitations.Begin()).Key);

        Assert.False(invitations.TryDefer("@bob", 5));
        Assert.Equal(3, invitations.OnEntered("@bob"));
        Assert.Null(invitations.OnEntered("@bob"));
    }

    [Fact]
    public async Task Leave_WhenTheGroupWasDisplaced_KeepsItsNextEventAway()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 1 }, options: new() { PlacesForOthers = 1 });
        var session = await rig.SessionAsync("ann");
        await session.HandleAsync(new Hello(null, null, null, [new("lobby", 0, null)]));
        session.Reach("team", 0);
        session.Reach("club", 0);

        await session.HandleAsync(new Leave("1", "team", true));
        session.Reach("team", 1);

        Assert.Equal(["club", "lobby"], session.Rooms.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Join_WhenOthersOpenedRooms_FindsItsPlaces()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 2 }, options: new() { PlacesForOthers = 1 });
        var session = await rig.SessionAsync("ann");
        await session.HandleAsync(new Hello(null, null, null, []));
        session.Reach(RoomKey.Direct("ann", "bob"), 0);
        session.Reach(RoomKey.Direct("ann", "cat"), 0);
        await rig.UntilAsync(r => r.Frames.OfType<Joined>().Count() == 2, "both rooms");

        await session.HandleAsync(new Join("1", "@cat", null, null, null, null)); // Now @cat is a room that the client has joined itself.
        await session.HandleAsync(new Join("2", "lobby", null, null, null, null));
        await session.HandleAsync(new Join("3", "garden", null, null, null, null));

        await rig.UntilAsync(r => r.Frames.OfType<Err>().Any(), "the refusal");
        Assert.Equal(("3", ChatErrorCode.RoomFull), rig.Frames.OfType<Err>().Select(err => (err.Id, err.Code)).Single());
        Assert.Equal(["@bob", "@cat", "lobby"], session.Rooms.Order());
    }

    [Fact]
    public async Task Resume_WhenTheClientHadMoreConversations_KeepsTheNewest()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 1 }, options: new() { PlacesForOthers = 1 });
        var session = await rig.SessionAsync("ann");

        await session.HandleAsync(new Hello(null, null, null, [new("lobby", 0, null)]));
        await session.HandleAsync(new Join("1", "@bob", 0, null, null, null, Resume: true));
        await session.HandleAsync(new Join("2", "@cat", 0, null, null, null, Resume: true));

        await rig.UntilAsync(r => r.Frames.OfType<Joined>().Count() == 3, "all three rooms");
        Assert.Equal(["@cat", "lobby"], session.Rooms.Order());
        Assert.Equal("@bob", Assert.Single(rig.Frames.OfType<Left>()).Room);
    }

    [Fact]
    public async Task Reach_WhenItPrecedesTheHello_WaitsForTheHello()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync("ann");
        var (bob, cat) = (RoomKey.Direct("ann", "bob"), RoomKey.Direct("ann", "cat"));
        rig.Rooms.Append(bob, 3);
        rig.Rooms.Append(cat, 3);

        session.Reach(bob, 2);
        session.Reach(cat, 2);
        session.Reach(cat, 1);

        Assert.Empty(rig.Rooms.Calls);

        await session.HandleAsync(new Hello(null, null, null, [new("@bob", 0, null)]));
        await rig.UntilAsync(r => r.Seqs("@bob").Length == 3 && r.Seqs("@cat").Length == 2, "the events of both");

        Assert.IsType<Welcome>(rig.Frames[0]);
        Assert.Equal([1, 2, 3], rig.Seqs("@bob"));
        Assert.Equal([2, 3], rig.Seqs("@cat"));
        Assert.Equal(2, rig.Frames.OfType<Joined>().Count());
    }

    [Fact]
    public async Task Reach_WhenTheUserLeavesBeforeTheAnswer_SendsNoJoined()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync("ann");
        await session.HandleAsync(new Hello(null, null, null, []));
        var room = RoomKey.Direct("ann", "bob");
        rig.Rooms.Append(room, 3);
        rig.Rooms.HoldsAnswers = true;

        session.Reach(room, 2);
        await session.HandleAsync(new Leave("l", "@bob", true));
        rig.Rooms.AnswerAll();

        Assert.Single(rig.Frames.OfType<Ok>());
        Assert.Empty(rig.Frames.OfType<Joined>());
    }

    [Fact]
    public async Task Reach_WhenTheRoomWasLeft_RejoinsOnlyADirectRoom()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        await session.HandleAsync(new Hello(null, null, null, []));
        await session.HandleAsync(Join());
        await session.HandleAsync(new Leave("l", "lobby", true));
        var direct = RoomKey.Direct("ann", "bob");
        session.Reach(direct, 0);
        await session.HandleAsync(new Leave("l", "@bob", true));

        session.Reach("lobby", 0);
        session.Reach(direct, 0);

        Assert.Equal(
            ["enter lobby ann", "exit lobby ann", $"enter {direct} ann as member", $"exit {direct} ann", $"enter {direct} ann as member"],
            rig.Rooms.Calls);
    }

    [Fact]
    public async Task Reach_WhenTheUserIsNotAMember_SendsNoError()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Refuses = new(Refusal.NotMember, "Join the room first.");

        await session.HandleAsync(new Hello(null, null, null, [new("club", 3, null)]));
        session.Reach("club", 3);

        Assert.Equal(
            ["enter club ann as member", "enter club ann as member"],
            rig.Rooms.Calls.Where(call => call.StartsWith("enter", StringComparison.Ordinal)));
        Assert.Equal(new Err(null, ChatErrorCode.NotMember, "Join the room first.", null, "club"), Assert.Single(rig.Frames.OfType<Err>()));
    }

    [Fact]
    public async Task Join_WhenItResumes_DoesNotMakeTheUserAMember()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Refuses = new(Refusal.NotMember, "Join the room first.");

        await session.HandleAsync(new Join("j", "club", null, null, 20, null, Resume: true));

        Assert.Equal(["enter club ann as member"], rig.Rooms.Calls.Where(call => call.StartsWith("enter", StringComparison.Ordinal)));
        Assert.Equal(new Err("j", ChatErrorCode.NotMember, "Join the room first.", null), Assert.Single(rig.Frames.OfType<Err>()));
    }

    [Fact]
    public async Task Close_WhenItRepeats_LeavesEachRoomOnce()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join());
        await session.HandleAsync(new Join("k", "garden", null, null, null, null));
        rig.Cut();

        await session.CloseAsync();
        await session.CloseAsync();

        Assert.Equal(["exit garden ann", "exit lobby ann"], rig.Rooms.Calls.Where(call => call.StartsWith("exit", StringComparison.Ordinal)).Order());
        Assert.Equal(["connect ann", "disconnect ann"], rig.Users.Calls);

        rig.Forget();
        rig.Rooms.Append("lobby");
        Assert.Empty(rig.Frames);
    }

    [Fact]
    public async Task Close_WhenAReachRunsMeanwhile_LeavesNoUserInTheRoom()
    {
        // The notification arrives on the gateway stream's thread while the connection's thread closes the session.
        for (var i = 0; i < 500; i++)
        {
            using var rig = new SessionRig();
            var session = await rig.SessionAsync();
            await session.HandleAsync(new Hello(null, null, null, []));
            var room = RoomKey.Direct("ann", "bob");

            using var start = new Barrier(2);
            var reaching = OwnThread.RunAsync(
                () =>
                {
                    start.SignalAndWait(TestContext.Current.CancellationToken);
                    session.Reach(room, 0);
                    return Task.CompletedTask;
                });
            start.SignalAndWait(TestContext.Current.CancellationToken);
            await session.CloseAsync();
            await reaching;

            var (enters, left) = (rig.Rooms.Calls.Count(call => call.StartsWith("enter", StringComparison.Ordinal)), rig.Rooms.Calls.LastOrDefault());
            Assert.True(enters == 0 || left!.StartsWith("exit", StringComparison.Ordinal), $"Round {i}: {string.Join(", ", rig.Rooms.Calls)}");
        }
    }

    [Fact]
    public async Task Start_WhenTheUserHasTooManyConnections_EndsWith4503()
    {
        using var rig = new SessionRig();
        rig.Users.Full = true;
        var session = new Session("s", "ann", JsonFormat.Instance, rig.Wire, rig.Ports);

        Assert.False(await session.StartAsync(null));
        Assert.Equal(CloseCode.TooManyConnections, Assert.Single(rig.Ends).Code);

        await session.CloseAsync();
        Assert.Equal(["connect ann"], rig.Users.Calls);
    }

    [Fact]
    public async Task Start_WhenTheUserConnectsTooOften_EndsWith4005AndAfter()
    {
        using var rig = new SessionRig();
        rig.Users.TooOftenMs = 480;
        var session = new Session("s", "ann", JsonFormat.Instance, rig.Wire, rig.Ports);

        Assert.False(await session.StartAsync(null));

        Assert.Equal((CloseCode.ConnectingTooOften, 480), (Assert.Single(rig.Ends).Code, rig.After));
    }

    [Fact]
    public async Task Hello_WhenCursorsExceedTheBudget_NamesTheOtherRooms()
    {
        using var rig = new SessionRig();
        rig.Users.Cursors = 1;
        var session = new Session("s", "ann", JsonFormat.Instance, rig.Wire, rig.Ports);
        ResumeRoom[] rooms = [new("attic", 0, null), new("cellar", 0, null), new("lobby", 0, null)];
        Assert.True(await session.StartAsync(null, rooms.Length));

        await session.HandleAsync(new Hello(null, null, null, rooms));

        Assert.Equal(
            ["cellar", "lobby"],
            rig.Frames.OfType<Err>().Where(error => error is { Code: ChatErrorCode.RateLimited, Retry: > 0 }).Select(error => error.Room));
        Assert.Equal(["attic"], rig.Frames.OfType<Joined>().Select(joined => joined.Room));
        Assert.Equal(1, rig.Users.Charged["ann"]);
    }

    private static Join Join(long? after = null, int? last = null, string? epoch = null) => new("j", "lobby", after, epoch, last, null);
}
