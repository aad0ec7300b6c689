using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>Groups: their creation, members, invitations, and the ends of memberships.</summary>
public sealed class SessionGroupTests : IDisposable
{
    private const string Private = "~abcdefghijklmnopqrstuvwxyz";
    private const string Code = "zyxwvutsrqponmlkjihgfedcba";
    private readonly SessionRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Create_WhenItHasATitle_JoinsAndPostsTheTitle()
    {
        var session = await _rig.SessionAsync();

        await session.HandleAsync(new Create("c", "Plans"));

        var joined = Assert.Single(_rig.Frames.OfType<Joined>());
        Assert.Equal(("c", "group", MemberRole.Owner), (joined.Id, joined.Kind, joined.Role));
        Assert.StartsWith("~", joined.Room, StringComparison.Ordinal);
        Assert.True(RoomReference.IsValid(joined.Room));
        Assert.Equal([$"enter {joined.Room} ann", $"Title {joined.Room} ann Plans"], _rig.Rooms.Calls);
        Assert.Equal(new Enter("ann", RoomKind.Group, RoomKind.Group), Assert.Single(_rig.Rooms.Enters));
        var title = Assert.Single(_rig.Frames.OfType<ChatEvent>());
        Assert.Equal(("title", EventKind.Title, "Plans"), (title.Id, title.Kind, title.Text));
        await session.WaitForAnswersAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Create_WhenItRepeats_MakesAnotherName()
    {
        var session = await _rig.SessionAsync();

        await session.HandleAsync(new Create("c", null));
        await session.HandleAsync(new Create("c", null));

        Assert.Equal(2, session.Rooms.Distinct().Count());
        Assert.All(_rig.Rooms.Calls, call => Assert.StartsWith("enter", call, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Create_WhenTheRoomRefusesIt_PostsNoTitle()
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.Refuses = new(Refusal.RateLimited, "too many rooms", 1000);

        await session.HandleAsync(new Create("c", "Plans"));

        Assert.Equal(new Err("c", ChatErrorCode.RateLimited, "too many rooms", 1000), Assert.Single(_rig.Frames));
        Assert.DoesNotContain(_rig.Rooms.Calls, call => call.StartsWith("Title", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Create_WhenTheRoomLimitIsReached_IsRefused()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 1 });
        var session = await rig.SessionAsync();
        await session.HandleAsync(Join("lobby"));

        await session.HandleAsync(new Create("c", "Plans"));

        Assert.Equal(("c", ChatErrorCode.RoomFull), rig.Frames.OfType<Err>().Select(err => (err.Id, err.Code)).Single());
        Assert.Equal(["enter lobby ann"], rig.Rooms.Calls);
    }

    [Fact]
    public async Task Join_WhenTheRoomIsPrivate_DoesNotCreateIt()
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.Title = "Plans";
        _rig.Rooms.Settings = new(true, RoomAction.React);

        await session.HandleAsync(Join("lobby"));
        await session.HandleAsync(Join(Private));

        Assert.Equal([new("ann", RoomKind.Channel, null), new Enter("ann", null, null)], _rig.Rooms.Enters);
        var joined = _rig.Frames.OfType<Joined>().Last();
        Assert.Equal((MemberRole.Member, "Plans"), (joined.Role, joined.Title));
        Assert.Equal(new GroupSettings(true, GroupActions.React, GroupActions.All), joined.Settings);
    }

    public static TheoryData<Send, string, ChatEvent> Changes => new()
    {
        { Change(EventKind.Invite), "Invite team ann bob", Happened(EventKind.Invite) },
        { Change(EventKind.Kick), "Kick team ann bob", Happened(EventKind.Kick) },
        { Change(EventKind.Ban), "Ban team ann bob", Happened(EventKind.Ban) },
        { Change(EventKind.Ban) with { Until = 5 }, """Ban team ann bob {"until":5}""", Happened(EventKind.Ban) with { Until = 5 } },
        { Change(EventKind.Ban) with { Until = long.MaxValue }, """Ban team ann bob {"until":9223372036854775807}""", Happened(EventKind.Ban) },
        { Change(EventKind.Unban), "Unban team ann bob", Happened(EventKind.Unban) },
        { Change(EventKind.Mute) with { Until = 5 }, """Mute team ann bob {"until":5}""", Happened(EventKind.Mute) with { Until = 5 } },
        { Change(EventKind.Unmute), "Unmute team ann bob", Happened(EventKind.Unmute) },
        { Change(EventKind.Role) with { Role = MemberRole.Owner }, """Role team ann bob {"role":3}""", Happened(EventKind.Role) with { Role = MemberRole.Owner } },
        { Change(EventKind.Role) with { Role = MemberRole.Moderator }, """Role team ann bob {"role":2}""", Happened(EventKind.Role) with { Role = MemberRole.Moderator } },
        { Change(EventKind.Role) with { Role = MemberRole.Member }, """Role team ann bob {"role":1}""", Happened(EventKind.Role) with { Role = MemberRole.Member } },
        {
            LinkTo(EventKind.Link) with { Code = Code, Uses = 3, Until = 5 }, $$"""Link team ann  {"hash":"{{LinkTerms.HashOf(Code)}}","uses":3,"until":5}""",
            Happened(EventKind.Link) with { User = null, Uses = 3, Until = 5 }
        },
        { LinkTo(EventKind.Link) with { Code = Code }, $$"""Link team ann  {"hash":"{{LinkTerms.HashOf(Code)}}"}""", Happened(EventKind.Link) with { User = null } },
        { Change(EventKind.Title) with { User = null, Text = "Plans" }, "Title team ann Plans", Happened(EventKind.Title) with { User = null, Text = "Plans" } },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(true, GroupActions.Write, null) },
            """Settings team ann  {"private":true,"members":4,"moderators":252}""",
            Happened(EventKind.Settings) with { User = null, Settings = new(true, GroupActions.Write, GroupActions.All) }
        },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(null, null, GroupActions.None) },
            """Settings team ann  {"private":false,"members":28,"moderators":0}""",
            Happened(EventKind.Settings) with { User = null, Settings = new(false, GroupActions.Write | GroupActions.React | GroupActions.Invite, GroupActions.None) }
        },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(null, GroupActions.Pin, GroupActions.None, Bounds.SlowSeconds) },
            $$"""Settings team ann  {"private":false,"members":128,"moderators":0,"slow":{{RoomSettings.MaxSlow}}}""",
            Happened(EventKind.Settings) with { User = null, Settings = new(false, GroupActions.Pin, GroupActions.None, Bounds.SlowSeconds) }
        },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(null, GroupActions.None, GroupActions.None, 0) },
            """Settings team ann  {"private":false,"members":0,"moderators":0}""",
            Happened(EventKind.Settings) with { User = null, Settings = new(false, GroupActions.None, GroupActions.None) }
        },
        { new Send("k", "team", EventKind.Pin, null, 7, null, null), "Pin team ann", Happened(EventKind.Pin) with { User = null, Ref = 7 } },
        { new Send("k", "team", EventKind.Unpin, null, 7, null, null), "Unpin team ann", Happened(EventKind.Unpin) with { User = null, Ref = 7 } },
    };

    [Theory, MemberData(nameof(Changes))]
    public async Task Send_WhenItChangesTheGroup_PostsItAndDeliversIt(Send send, string post, ChatEvent happened)
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(Join("team"));

        await session.HandleAsync(send);

        Assert.Equal(["enter team ann", post], _rig.Rooms.Calls);
        Assert.Equal(happened, Assert.Single(_rig.Frames.OfType<ChatEvent>()));
        Assert.Equal("k", Assert.Single(_rig.Frames.OfType<Ok>()).Id);
    }

    [Theory]
    [InlineData(Private)]
    [InlineData("team")]
    public async Task Join_WhenItHasALink_SendsTheHashAndCreatesNoRoom(string room)
    {
        var session = await _rig.SessionAsync();

        await session.HandleAsync(Join(room) with { Link = Code });

        Assert.Equal(new Enter("ann", null, null, Link: LinkTerms.HashOf(Code)), Assert.Single(_rig.Rooms.Enters));
    }

    [Fact]
    public async Task Message_WhenSlowModeRefusesIt_SaysWhenToRetry()
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(Join("team"));
        _rig.Rooms.RefusesPosts = new(Refusal.RateLimited, "slow mode is on", 7_200_000);
        _rig.Forget();

        await session.HandleAsync(new Send("k", "team", EventKind.Msg, "hi", null, null, null));

        Assert.Equal([new Err("k", ChatErrorCode.RateLimited, "slow mode is on", 7_200_000)], _rig.Frames);
    }

    [Fact]
    public async Task Unlink_WhenSent_NamesTheLink()
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(Join("team"));

        await session.HandleAsync(LinkTo(EventKind.Unlink) with { Ref = 7 });

        Assert.Equal(new Post("ann", "k", RoomEventKind.Unlink, null, 7, null, null), Assert.Single(_rig.Rooms.Posts));
    }

    [Fact]
    public async Task Send_WhenTheGroupIsNotJoined_IsRefused()
    {
        var session = await _rig.SessionAsync();

        await session.HandleAsync(Change(EventKind.Kick));

        Assert.Equal(ChatErrorCode.NotMember, Assert.Single(_rig.Frames.OfType<Err>()).Code);
        Assert.Empty(_rig.Rooms.Calls);
    }

    [Theory]
    [InlineData(Refusal.Muted, "you are muted in this room", ChatErrorCode.Muted, "you are muted in this room")]
    [InlineData(Refusal.Invited, "Plans", ChatErrorCode.NotMember, "join the room first")]
    public async Task Send_WhenTheRoomRefusesIt_HasTheCode(Refusal reason, string message, ChatErrorCode code, string text)
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(Join("team"));
        _rig.Rooms.RefusesPosts = new(reason, message);

        await session.HandleAsync(new Send("k", "team", EventKind.Msg, "hi", null, null, null));

        Assert.Equal(new Err("k", code, text, null), Assert.Single(_rig.Frames.OfType<Err>()));
    }

    [Theory]
    [InlineData(RoomEventKind.Kick, "kicked")]
    [InlineData(RoomEventKind.Ban, "banned")]
    public async Task Membership_WhenAnotherUserEndsIt_SendsLeftAfterTheEvent(RoomEventKind kind, string reason)
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(Join("team"));
        _rig.Forget();

        _rig.Rooms.Append("team", from: "bob", text: "ann", kind: kind);
        _rig.Rooms.Append("team");

        Assert.Equal(2, _rig.Frames.Count);
        Assert.Equal(("bob", "ann"), _rig.Frames.OfType<ChatEvent>().Select(happened => (happened.From, happened.User)).Single());
        Assert.Equal(new Left("team", reason), _rig.Frames[1]);
        Assert.Empty(session.Rooms);
    }

    [Theory]
    [InlineData(RoomEventKind.Kick)]
    [InlineData(RoomEventKind.Ban)]
    [InlineData(RoomEventKind.Mute)]
    public async Task Membership_WhenAnotherUserLosesIt_Continues(RoomEventKind kind)
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(Join("team"));

        _rig.Rooms.Append("team", from: "ann", text: "bob", kind: kind);
        _rig.Rooms.Append("team");

        Assert.Equal([1, 2], _rig.Seqs("team"));
        Assert.Empty(_rig.Frames.OfType<Left>());
        Assert.Equal(["team"], session.Rooms);
    }

    [Fact]
    public async Task Membership_WhenItEndsDuringTheCatchUp_SendsLeftAfterTheEvent()
    {
        var session = await _rig.SessionAsync();
        var log = new TaskCompletionSource();
        _rig.Rooms.Append("team");
        _rig.Rooms.BeforeRead = () => log.Task;
        await session.HandleAsync(new Join("j", "team", 0, null, null, null));
        _rig.Rooms.Append("team", text: "ann", kind: RoomEventKind.Ban, deliver: false);
        _rig.Rooms.Append("team", deliver: false);

        log.SetResult();

        await _rig.UntilAsync(rig => rig.Frames.OfType<Left>().Any(), "the end of the membership");
        Assert.Equal(new Left("team", "banned"), _rig.Frames[^1]);
        Assert.Equal([1, 2], _rig.Seqs("team"));
        await Waiting.UntilAsync(() => _rig.Rooms.Calls.Contains("exit team ann"), "the exit");
    }

    [Theory]
    [InlineData(Private, Refusal.NotFound, true)]
    [InlineData("team", Refusal.NotFound, false)]
    [InlineData("team", Refusal.NotMember, true)]
    [InlineData("team", Refusal.Invited, true)]
    [InlineData("team", Refusal.Forbidden, true)]
    public async Task Membership_WhenTheLogRefusesAfterAGap_HasEnded(string room, Refusal refusal, bool ended)
    {
        using var rig = new SessionRig();
        var session = await rig.SessionAsync();
        rig.Rooms.Append(room, 3);
        rig.Rooms.Forget(room, 2);
        rig.Rooms.RefusesPages = refusal;

        await session.HandleAsync(new Join("j", room, 0, null, null, null));

        if (ended)
        {
            await rig.UntilAsync(r => r.Frames.OfType<Err>().Any(), "the error");
            Assert.Equal((null, ChatErrorCode.NotMember, room), rig.Frames.OfType<Err>().Select(err => (err.Id, err.Code, err.Room)).Single());
            Assert.Empty(session.Rooms);
        }
        else
        {
            await rig.UntilAsync(r => r.Seqs(room) is [3], "the event after the gap");
            Assert.Equal([room], session.Rooms);
        }
    }

    [Fact]
    public async Task Reach_WhenTheUserIsInvited_ReportsItOnceUntilAJoin()
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(new Hello(null, null, null, []));
        _rig.Rooms.Refuses = new(Refusal.Invited, "Plans");

        session.Reach(Private, 3);
        session.Reach(Private, 4);
        Assert.Equal([new Invited(Private, "Plans")], _rig.Frames.OfType<Invited>());

        _rig.Rooms.Refuses = null;
        await session.HandleAsync(Join(Private));
        await session.HandleAsync(new Leave("l", Private, KeepMembership: false));
        _rig.Rooms.Refuses = new(Refusal.Invited, "");
        session.Reach(Private, 5);
        Assert.Equal([new Invited(Private, "Plans"), new(Private, null)], _rig.Frames.OfType<Invited>());
        Assert.Empty(_rig.Frames.OfType<Err>());
        Assert.Empty(session.Rooms);
    }

    [Fact]
    public async Task Resume_WhenTheUserIsOnlyInvited_IsRefused()
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.Refuses = new(Refusal.Invited, "Plans");

        await session.HandleAsync(new Hello(null, null, null, [new(Private, 3, null)]));

        Assert.Equal(new Err(null, ChatErrorCode.NotMember, "join the room first", null, Private), Assert.Single(_rig.Frames.OfType<Err>()));
        Assert.Empty(_rig.Frames.OfType<Invited>());
    }

    [Fact]
    public async Task Invitations_WhenThereAreMany_AreReportedUpToTheLimit()
    {
        using var rig = new SessionRig(limits: new() { RoomsPerConnection = 2 });
        var session = await rig.SessionAsync();
        await session.HandleAsync(new Hello(null, null, null, []));
        rig.Rooms.Refuses = new(Refusal.Invited, "");

        foreach (var room in (string[])["a", "b", "c"])
        {
            session.Reach(room, 1);
        }

        Assert.Equal(["a", "b"], rig.Frames.OfType<Invited>().Select(invited => invited.Room));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Reach_WhenTheGroupWasLeft_EntersItIfTheMembershipEnded(bool keep, bool enters)
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(new Hello(null, null, null, []));
        await session.HandleAsync(Join("team"));
        await session.HandleAsync(new Leave("l", "team", keep));

        session.Reach("team", 3);

        Assert.Equal(enters, session.Rooms is ["team"]);
    }

    [Fact]
    public async Task Members_WhenListed_HaveTheirRightsNow()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var session = await _rig.SessionAsync();
        var later = now + 3_600_000;
        _rig.Rooms.Members = new(
            [
                new("ann", RoomRole.Owner), new("bob", RoomRole.Member, MutedUntil: later), new("cat", RoomRole.None, BannedUntil: MemberChange.Forever),
                new("dan", RoomRole.Invited, MutedUntil: now - 1),
            ],
            true, null);

        await session.HandleAsync(new Members("m", "team", "aaa", 20));
        await _rig.UntilAsync(r => r.Frames.Count == 1, "the list");

        var list = Assert.IsType<MemberList>(_rig.Frames[0]);
        Assert.Equal(("m", "team", true), (list.Id, list.Room, list.More));
        Assert.Equal(
            [
                new("ann", MemberRole.Owner, null, null), new("bob", MemberRole.Member, later, null), new("cat", null, null, MemberEntry.Forever),
                new MemberEntry("dan", MemberRole.Invited, null, null),
            ],
            list.Members);
        Assert.Equal(["members team ann aaa 20"], _rig.Rooms.Calls);
    }

    [Fact]
    public async Task Members_WhenListed_CostElevenCommands()
    {
        var session = await _rig.SessionAsync();

        await session.HandleAsync(new Members("m", "team", null, 200));
        await _rig.UntilAsync(r => r.Frames.Count == 1, "the list");

        Assert.Equal(10, _rig.Users.Charged["ann"]);
    }

    [Fact]
    public async Task Members_WhenTheUserMayNotRead_AreRefused()
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.Members = new([], false, Refusal.NotFound);

        await session.HandleAsync(new Members("m", Private, null, 200));
        await _rig.UntilAsync(r => r.Frames.Count == 1, "the refusal");

        Assert.Equal(new Err("m", ChatErrorCode.NotFound, "there is no such room", null), _rig.Frames[0]);
    }

    [Fact]
    public async Task Conversations_WhenTheyAreGroups_HaveRoleAndTitle()
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.Conversations = new([new(Private, RoomKind.Group, 3, 900, 0, 0, RoomRole.Invited, "Plans"), new("team", RoomKind.Group, 3, 800, 2, 1, RoomRole.Owner)], false);

        await session.HandleAsync(new Conversations("l", null, null, 20));
        await _rig.UntilAsync(r => r.Frames.Count == 1, "the list");

        Assert.Equal(
            [new(Private, "group", 3, 900, 0, 0, MemberRole.Invited, "Plans"), new ConversationEntry("team", "group", 3, 800, 2, 1, MemberRole.Owner)],
            Assert.IsType<ConversationList>(_rig.Frames[0]).Rooms);
    }

    [Fact]
    public async Task Leave_WhenTheUserIsInvited_DeclinesTheInvitation()
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(new Hello(null, null, null, []));
        _rig.Rooms.Refuses = new(Refusal.Invited, "Plans");
        session.Reach(Private, 3);

        await session.HandleAsync(new Leave("l", Private, KeepMembership: false));
        session.Reach(Private, 5);

        Assert.Contains($"end {Private} ann", _rig.Rooms.Calls);
        Assert.Contains(new Ok("l", Private, null, null, false, null), _rig.Frames);
        Assert.Equal([new Invited(Private, "Plans"), new(Private, "Plans")], _rig.Frames.OfType<Invited>());
    }

    [Fact]
    public async Task Invitation_WhenAnEarlierDeclineWasRefused_IsStillReported()
    {
        var session = await _rig.SessionAsync();
        await session.HandleAsync(new Hello(null, null, null, []));
        _rig.Rooms.RefusesExits = new(Refusal.NotFound, "of the room");
        await session.HandleAsync(new Leave("l", Private, KeepMembership: false));
        _rig.Rooms.Refuses = new(Refusal.Invited, "Plans");

        session.Reach(Private, 5);

        Assert.Equal(new Invited(Private, "Plans"), Assert.Single(_rig.Frames.OfType<Invited>()));
    }

    [Theory, InlineData(Refusal.NotMember), InlineData(Refusal.NotFound)]
    public async Task Leave_WhenTheUserIsNotInvited_IsRefusedAlike(Refusal refusal)
    {
        var session = await _rig.SessionAsync();
        _rig.Rooms.RefusesExits = new(refusal, "of the room");

        await session.HandleAsync(new Leave("l", Private, KeepMembership: false));

        Assert.Equal([new Err("l", ChatErrorCode.NotMember, $"this connection is not in {Private}", null)], _rig.Frames);
    }

    private static Join Join(string room) => new("j", room, null, null, null, null);

    private static Send LinkTo(EventKind kind) => new("k", "team", kind, null, null, null, null);

    private static Send Change(EventKind kind) => new("k", "team", kind, null, null, null, null, "bob");

    private static ChatEvent Happened(EventKind kind) => new("team", 1, 1001, "ann", kind, null, null, null, null, "k", false, "bob");
}
