using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>Commands and their answers.</summary>
public sealed class SessionCommandTests
{
    [Fact]
    public async Task Send_WhenTheRoomIsNotJoined_SucceedsOnlyInADirectRoom()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();

        await session.HandleAsync(Send("1", "lobby"));
        await session.HandleAsync(Send("2", "@bob"));

        Assert.Equal(ChatErrorCode.NotMember, Assert.IsType<Err>(rig.Frames[0]).Code);
        var ok = Assert.IsType<Ok>(rig.Frames[1]);
        Assert.Equal(("2", "@bob", 1L), (ok.Id, ok.Room, ok.Seq));
    }

    [Fact]
    public async Task Event_WhenDelivered_HasItsIdOnlyForTheSender()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        await session.HandleAsync(new Join("j", "lobby", null, null, null, null));

        await session.HandleAsync(Send("mine", "lobby"));
        rig.Rooms.Append("lobby", from: "bob", clientId: "theirs");

        Assert.Equal(["mine", null], rig.Frames.OfType<ChatEvent>().Select(happened => happened.Id));
    }

    [Fact]
    public async Task Send_WhenTheBudgetIsUsedUp_IsRefusedWithARetryTime()
    {
        using var rig = new SessionRig();
        rig.Users.TakesSend = _ => ValueTask.FromResult(700);
        var session = await rig.SessionAsync();

        await session.HandleAsync(Send("1", "@bob"));

        Assert.Equal(new Err("1", ChatErrorCode.RateLimited, "rate limited", 700), Assert.Single(rig.Frames));
        Assert.Empty(rig.Rooms.Calls);
    }

    [Fact]
    public async Task Command_WhenTheBudgetIsUsedUp_IsRefusedAndDelaysTheNext()
    {
        var time = new ManualTime();
        using var rig = new SessionRig(time: time);
        rig.Users.TakesCommand = _ => ValueTask.FromResult(700);
        var session = await rig.SessionAsync();

        var admitted = session.AdmitsAsync("1").AsTask();

        Assert.Equal(new Err("1", ChatErrorCode.RateLimited, "rate limited", 700), Assert.Single(rig.Frames));
        Assert.False(admitted.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(700));
        Assert.False(await Waiting.ForAsync(admitted, "the refusal"));
        Assert.True(await session.AdmitsAsync("2", isLocal: true));
    }

    [Fact]
    public async Task Session_WhenManyCommandsWait_AnswersThemInOrder()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        await session.HandleAsync(new Join("0", "lobby", null, null, null, null));

        rig.Rooms.HoldsAnswers = true;
        for (var i = 1; i <= 20; i++)
        {
            await session.HandleAsync(Send($"{i}", "lobby"));
        }

        rig.Rooms.HoldsAnswers = false;
        rig.Rooms.AnswerAll();

        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"{i}"), rig.Frames.OfType<Ok>().Select(ok => ok.Id));
    }

    [Fact]
    public async Task Handle_WhenTooManyCommandsAreInFlight_WaitsForAnAnswer()
    {
        using var rig = new SessionRig(options: new() { CommandsInFlight = 2 });
        var session = await rig.SessionAsync();
        rig.Rooms.HoldsAnswers = true;
        await session.HandleAsync(Send("1", "@bob"));
        await session.HandleAsync(Send("2", "@bob"));

        var third = session.HandleAsync(Send("3", "@bob")).AsTask();
        Assert.False(third.IsCompleted);

        rig.Rooms.HoldsAnswers = false;
        rig.Rooms.AnswerAll();
        await Waiting.ForAsync(third, "the third command");

        Assert.Equal(3, rig.Frames.OfType<Ok>().Count());
    }

    [Fact]
    public async Task Handle_WhenTheConnectionEnds_StopsWaiting()
    {
        using var rig = new SessionRig(options: new() { CommandsInFlight = 1 });
        var session = await rig.SessionAsync();
        rig.Rooms.HoldsAnswers = true;
        await session.HandleAsync(Send("1", "@bob"));
        var second = session.HandleAsync(Send("2", "@bob")).AsTask();

        rig.Cut();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Waiting.ForAsync(second, "the end of the second command"));
    }

    [Theory]
    [InlineData(null, null, null, 8, 10, true)]
    [InlineData(5L, null, null, 2, 4, true)]
    [InlineData(3L, null, null, 1, 2, false)]
    [InlineData(1L, null, null, 0, 0, false)]
    [InlineData(null, 4L, null, 5, 7, true)]
    [InlineData(null, 8L, null, 9, 10, false)]
    [InlineData(null, 10L, null, 0, 0, false)]
    [InlineData(null, null, 5L, 4, 6, true)]
    [InlineData(null, null, 1L, 1, 3, false)]
    [InlineData(1000L, null, null, 8, 10, true)]
    [InlineData(null, null, 1000L, 8, 10, true)]
    public async Task History_WhenItHasACursor_ReturnsThePage(long? before, long? after, long? around, long first, long last, bool more)
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 10);
        var session = await rig.SessionAsync();

        await session.HandleAsync(new History("h", "lobby", before, after, around, 3));
        await rig.UntilAsync(r => r.Frames.Count == 1, "the page");

        var page = Assert.IsType<Page>(rig.Frames[0]);
        Assert.Equal((first, last, more), (page.First, page.Last, page.More));
        Assert.Equal(page.Events.Select(happened => happened.Seq).Order(), page.Events.Select(happened => happened.Seq));
        Assert.Equal(first == 0 ? 0 : last - first + 1, page.Events.Count);
    }

    [Theory]
    [InlineData(null, null, "0 20 end")]
    [InlineData(9L, null, "0 20 9")]
    [InlineData(1L, null, "0 20 1")]
    [InlineData(null, 0L, "0 20 0")]
    [InlineData(null, 9L, "9 20 0")]
    public async Task History_WhenItNamesAThread_ReadsItsRepliesOnce(long? before, long? after, string asked)
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Thread = new([], 30, null);
        await session.HandleAsync(new History("none", "@bob", before, after, null, 20, 7));
        rig.Rooms.Thread = new([Reply(8) with { Replies = 3 }, Reply(12)], 30, null, More: true);
        await session.HandleAsync(new History("two", "@bob", before, after, null, 20, 7));
        await rig.UntilAsync(r => r.Frames.Count == 2, "the pages");

        var (none, two) = (Assert.IsType<Page>(rig.Frames[0]), Assert.IsType<Page>(rig.Frames[1]));
        Assert.Equal((0, 0, 0, false), (none.Events.Count, none.First, none.Last, none.More));
        Assert.Equal(("@bob", 8, 12, true), (two.Room, two.First, two.Last, two.More));
        Assert.Equal([(8, 7, 3), (12, 7, null)], two.Events.Select(reply => (reply.Seq, reply.Reply, reply.Replies)));
        var key = RoomKey.Direct("ann", "bob");
        Assert.Equal([$"thread {key} ann 7 {asked}", $"thread {key} ann 7 {asked}"], rig.Rooms.Calls);

        static RoomEvent Reply(long seq) => new(seq, 1000, "bob", RoomEventKind.Msg, "reply", null, 7, null, null, false, seq);
    }

    public static TheoryData<History, string> Selections => new()
    {
        { new("h", "team", null, null, null, 20, Pinned: true), "Pins team ann 0 20 end None" },
        { new("h", "team", null, null, null, 20, Changes: true), "Changes team ann 0 20 end None" },
        { new("h", "team", 9, null, null, 20, Changes: true), "Changes team ann 0 20 9 None" },
        { new("h", "team", null, 9, null, 20, Changes: true), "Changes team ann 9 20 0 None" },
    };

    [Theory, MemberData(nameof(Selections))]
    public async Task History_WhenItSelectsEvents_ReadsThemOnce(History history, string asked)
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Thread = new([Ban(8), Ban(12)], 30, null, More: true);
        await session.HandleAsync(history);
        rig.Rooms.Thread = new([Ban(1)], 30, null);
        await session.HandleAsync(history);
        await rig.UntilAsync(r => r.Frames.Count == 2, "the pages");

        var (two, one) = (Assert.IsType<Page>(rig.Frames[0]), Assert.IsType<Page>(rig.Frames[1]));
        Assert.Equal((8, 12, true, "bob"), (two.First, two.Last, two.More, two.Events[1].User));
        Assert.Equal((1, 1, false), (one.First, one.Last, one.More));
        Assert.Equal([asked, asked], rig.Rooms.Calls);

        static RoomEvent Ban(long seq) =>
            new(seq, 1000, "ann", RoomEventKind.Ban, "bob", null, null, new MemberChange("bob").ToMeta(), null, false, seq);
    }

    [Theory]
    [InlineData(true, Refusal.Forbidden, ChatErrorCode.Forbidden, "only users who may moderate the group may read its changes")]
    [InlineData(true, Refusal.NotFound, ChatErrorCode.NotFound, "there is no such room")]
    [InlineData(false, Refusal.Forbidden, ChatErrorCode.Forbidden, "you may not read this room")]
    public async Task History_WhenASelectionIsRefused_SaysWhy(bool changes, Refusal refusal, ChatErrorCode code, string message)
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Thread = new([], 0, refusal);

        await session.HandleAsync(new History("h", "team", null, null, null, 20, Pinned: !changes, Changes: changes));
        await rig.UntilAsync(r => r.Frames.Count == 1, "the refusal");

        Assert.Equal(new Err("h", code, message, null), rig.Frames[0]);
    }

    [Fact]
    public async Task History_WhenAThreadIsRefused_SaysWhy()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Thread = new([], 0, Refusal.NotMember);

        await session.HandleAsync(new History("h", "team", null, null, null, 20, 7));
        await rig.UntilAsync(r => r.Frames.Count == 1, "the refusal");

        Assert.Equal(new Err("h", ChatErrorCode.NotMember, "join the room first", null), rig.Frames[0]);
    }

    [Fact]
    public async Task Readers_WhenListed_CostElevenCommands()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Readers = new(["ann", "bob"], true, null);

        await session.HandleAsync(new Readers("r", "@bob", 7));
        await rig.UntilAsync(r => r.Frames.Count == 1, "the list");

        var list = Assert.IsType<ReaderList>(rig.Frames[0]);
        Assert.Equal(("r", "@bob", 7, "ann bob", true), (list.Id, list.Room, list.Ref, string.Join(' ', list.Users), list.More));
        Assert.Equal(10, rig.Users.Charged["ann"]);
        Assert.Equal($"readers {RoomKey.Direct("ann", "bob")} ann 7", Assert.Single(rig.Rooms.Calls));
    }

    [Fact]
    public async Task Readers_WhenRefused_GetTheErrorsOfOtherQuestions()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        foreach (var reason in new[] { Refusal.NotFound, Refusal.NotMember, Refusal.Forbidden, Refusal.Unavailable })
        {
            rig.Rooms.Readers = new([], false, new(reason, ""));
            rig.Rooms.Members = new([], false, reason);
            var known = rig.Frames.Count;

            await session.HandleAsync(new Readers("q", "team", 7));
            await session.HandleAsync(new Members("q", "team", null, 200));
            await rig.UntilAsync(r => r.Frames.Count == known + 2, "the refusals");

            Assert.IsType<Err>(rig.Frames[known]);
            Assert.Equal(rig.Frames[known + 1], rig.Frames[known]);
        }

        rig.Rooms.Readers = new([], false, new(Refusal.Forbidden, "a channel has no members"));
        var last = rig.Frames.Count;
        await session.HandleAsync(new Readers("c", "lobby", 7));
        await rig.UntilAsync(r => r.Frames.Count == last + 1, "the refusal");
        Assert.Equal(new Err("c", ChatErrorCode.Forbidden, "a channel has no members", null), rig.Frames[last]);
    }

    [Fact]
    public async Task History_WhenAKindIsOfALaterVersion_KeepsTheSequence()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby");
        rig.Rooms.Append("lobby", text: "for later versions", kind: (RoomEventKind)99);
        rig.Rooms.Append("lobby");
        var session = await rig.SessionAsync();

        await session.HandleAsync(new History("h", "lobby", null, null, null, 3));
        await rig.UntilAsync(r => r.Frames.Count == 1, "the page");

        var page = Assert.IsType<Page>(rig.Frames[0]);
        Assert.Equal([(1, EventKind.Msg), (2, EventKind.Other), (3, EventKind.Msg)], page.Events.Select(happened => (happened.Seq, happened.Kind)));
        Assert.Null(page.Events[1].Text);
    }

    [Fact]
    public async Task Conversations_WhenListed_HaveTheUsersNames()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Conversations = new([new(RoomKey.Direct("ann", "bob"), RoomKind.Direct, 3, 900, 2, 1), new("team", RoomKind.Group, 9, 800, 9, 0)], true);

        await session.HandleAsync(new Conversations("l", 1000, "@cat", 20));
        await rig.UntilAsync(r => r.Frames.Count == 1, "the list");

        var list = Assert.IsType<ConversationList>(rig.Frames[0]);
        Assert.Equal([new("@bob", "direct", 3, 900, 2, 1), new ConversationEntry("team", "group", 9, 800, 9, 0)], list.Rooms);
        Assert.Equal(("l", true), (list.Id, list.More));
        Assert.Equal(10, rig.Users.Charged["ann"]);
        Assert.Equal($"conversations ann 1000 {RoomKey.Direct("ann", "cat")} 20", Assert.Single(rig.Rooms.Calls));
    }

    [Fact]
    public async Task Conversations_WhenManyEventsAreUnread_ChargesTheCounts()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Conversations = new(
            [
                new("large", RoomKind.Group, 5000, 900, 10, 3), new("small", RoomKind.Group, 300, 800, 100, 200), new("new", RoomKind.Group, 99, 700, 0, 0),
                new("invited", RoomKind.Group, 0, 600, 0, 0, RoomRole.Invited),
            ],
            false);

        await session.HandleAsync(new Conversations("l", null, null, 20));
        await rig.UntilAsync(r => r.Frames.Count == 1, "the list");

        // The log may have read 1,000, 200 and 99 events.
        Assert.Equal(10 + 6, rig.Users.Charged["ann"]);
    }

    [Fact]
    public async Task Conversations_WhenTooManyAreRead_AreRefused()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Conversations = null;

        await session.HandleAsync(new Conversations("l", null, null, 20));
        await rig.UntilAsync(r => r.Frames.Count == 1, "the refusal");

        Assert.Equal(("l", ChatErrorCode.Unavailable), rig.Frames.OfType<Err>().Select(err => (err.Id, err.Code)).Single());
    }

    [Fact]
    public async Task History_WhenThePageIsLarge_ChargesItsBytes()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        for (var i = 0; i < 4; i++)
        {
            rig.Rooms.Append("lobby", from: "bob", text: new string('x', 16_000));
        }

        await session.HandleAsync(new History("h", "lobby", null, null, null, 100));

        await rig.UntilAsync(r => r.Frames.OfType<Page>().Any(), "the page");
        Assert.Equal(3, rig.Users.Charged["ann"]);
    }

    [Theory]
    [InlineData(199, 0)]
    [InlineData(200, 1)]
    [InlineData(599, 2)]
    public async Task History_WhenRepliesWereCounted_ChargesThem(int replies, int charged)
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        var counts = Enumerable.Range(0, 6).Select(i => Math.Clamp(replies - (100 * i), 0, 100));
        rig.Rooms.Thread = new(
            [.. counts.Select((count, i) => new RoomEvent(i + 8, 1000, "bob", RoomEventKind.Msg, "reply", null, 7, null, null, false, i) { Replies = count })], 30, null);

        await session.HandleAsync(new History("h", "lobby", null, null, null, 100, 7));

        await rig.UntilAsync(r => r.Frames.OfType<Page>().Any(), "the page");
        Assert.Equal(charged, rig.Users.Charged["ann"]);
    }

    [Fact]
    public async Task History_WhenTheConnectionEnds_IsCancelled()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.BeforeQuestion = () => new TaskCompletionSource().Task;
        await session.HandleAsync(new History("h", "lobby", null, null, null, 3));

        rig.Cut();

        await Waiting.ForAsync(session.CloseAsync(), "the end of the session, which must not wait for the page");
    }

    [Fact]
    public async Task History_WhenTheClusterIsUnavailable_ReturnsAnError()
    {
        using var rig = new SessionRig();
        rig.Rooms.BeforeQuestion = () => throw new TimeoutException("away");
        var session = await rig.SessionAsync();

        await session.HandleAsync(new History("h", "lobby", null, null, null, 3));
        await session.HandleAsync(new Who("w", "lobby"));
        await rig.UntilAsync(r => r.Frames.Count == 2, "the errors");

        Assert.All(rig.Frames, frame => Assert.Equal((ChatErrorCode.Unavailable, 1000), (Assert.IsType<Err>(frame).Code, ((Err)frame).Retry)));
    }

    [Fact]
    public async Task History_WhenManyAreRequested_RunsOneAtATime()
    {
        // A page can have several megabytes. Many pages for a client that does not read would use up the gateway's
        // memory.
        using var rig = new SessionRig();
        var log = new TaskCompletionSource();
        rig.Rooms.BeforeQuestion = () => log.Task;
        var session = await rig.SessionAsync();

        await session.HandleAsync(new History("1", "lobby", null, null, null, 3));
        await session.HandleAsync(Send("2", "@bob"));

        Assert.Equal("2", Assert.IsType<Ok>(Assert.Single(rig.Frames)).Id);

        var more = Task.Run(
            async () =>
            {
                for (var i = 0; i < 10; i++)
                {
                    await session.HandleAsync(new History($"h{i}", "lobby", null, null, null, 3));
                }
            },
            TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        log.SetResult();
        await Waiting.ForAsync(more, "the other history commands");
        await rig.UntilAsync(r => r.Frames.OfType<Page>().Count() == 11, "all pages");

        Assert.Equal(1, rig.Rooms.Questions.Most);
    }

    [Fact]
    public async Task History_WhenEarlierPagesAreUnread_Waits()
    {
        using var rig = new SessionRig();
        rig.Rooms.Append("lobby", 100, text: new string('x', 4000));
        var session = await rig.SessionAsync();

        var asking = Task.Run(
            async () =>
            {
                for (var i = 0; i < 20; i++)
                {
                    await session.HandleAsync(new History($"{i}", "lobby", null, null, null, 100));
                }
            },
            TestContext.Current.CancellationToken);

        Assert.True(await Task.WhenAny(asking, Task.Delay(1000, TestContext.Current.CancellationToken)) != asking, "The session read 8 MB of pages for one client that does not read.");
        await rig.UntilAsync(r => r.Frames.OfType<Page>().Count() == 20, "all pages");
        await asking;
    }

    [Fact]
    public async Task Command_WhenNoRoomIsJoined_IsAnsweredWithoutARoomCall()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();

        await session.HandleAsync(new Ping("p"));
        await session.HandleAsync(new Leave("l", "lobby", true));
        await session.HandleAsync(new Mark("m", "lobby", 1));
        await session.HandleAsync(new Typing("t", "lobby"));
        await session.HandleAsync(new Who("w", "lobby"));
        await rig.UntilAsync(r => r.Frames.Count == 4, "the answers");

        Assert.Equal(new Pong("p"), rig.Frames[0]);
        Assert.Equal(("l", ChatErrorCode.NotMember), (((Err)rig.Frames[1]).Id, ((Err)rig.Frames[1]).Code));
        Assert.Equal(("m", ChatErrorCode.NotMember), (((Err)rig.Frames[2]).Id, ((Err)rig.Frames[2]).Code));
        Assert.Equal(["ann", "bob"], Assert.IsType<WhoIs>(rig.Frames[3]).Users);
        Assert.Empty(rig.Rooms.Calls);
    }

    [Fact]
    public async Task MarkAndTyping_WhenTheRoomIsJoined_ReachItWithoutAnAnswer()
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        await session.HandleAsync(new Join("j", "lobby", null, null, null, null));
        rig.Forget();

        await session.HandleAsync(new Mark("m", "lobby", 3));
        await session.HandleAsync(new Typing("t", "lobby"));

        Assert.Equal(["enter lobby ann", "mark lobby ann 3", "typing lobby ann"], rig.Rooms.Calls);
        Assert.Empty(rig.Frames);
    }

    private static Send Send(string id, string room) => new(id, room, EventKind.Msg, "hello", null, null, null);
}
