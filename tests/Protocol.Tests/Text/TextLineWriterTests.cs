using OrleansChat.Protocol.Text;

namespace OrleansChat.Protocol.Tests.Text;

public sealed class TextLineWriterTests
{
    private static readonly TextView Alice = new("alice");

    public static TheoryData<ServerFrame, string?> Lines => new()
    {
        { Msg("hello"), "bob: hello" },
        { Msg("hello") with { From = "alice" }, "alice: hello" },
        { Msg("a\nb\r\nc\u2029d"), "bob: a b c d" },
        { Msg("\u001b[2J\u0007tab\there"), "bob: \uFFFD[2J\uFFFDtab\there" },
        { Msg("\u202Eolleh\u2066"), "bob: \uFFFDolleh\uFFFD" },
        { Msg("hello") with { From = "a:b" }, "a%3Ab: hello" },
        { Msg("hello") with { From = "a%3Ab" }, "a%253Ab: hello" },
        { Msg("hello") with { From = "100%" }, "100%: hello" },
        { Msg("hello") with { From = "ann@x.org" }, "ann@x.org: hello" },
        { Msg("psst") with { Room = "@a:b", From = "alice" }, "-> *a%3Ab* psst" },
        { new Presence("lobby", "a:b", true, 3), "* a%3Ab joined (3 here)" },
        { new WhoIs(null, "lobby", 2, ["alice", "a:b"]), "* 2 here: alice, a%3Ab" },
        { Msg("waves") with { Meta = TextMeta.Me }, "* bob waves" },
        { Msg("waves") with { Meta = """{"x":[1], "me":true}""" }, "* bob waves" },
        { Msg("waves") with { Meta = """{"me":false}""" }, "bob: waves" },
        { Msg("waves") with { Meta = """{"me":"yes"}""" }, "bob: waves" },
        { Msg("new") with { Edited = true }, "bob: new (edited)" },
        { Msg(null), "* message 42 by bob was deleted" },
        { Msg("new") with { Kind = EventKind.Edit, Ref = 5 }, "bob: new (edited)" },
        { Msg(null) with { Kind = EventKind.Delete, Ref = 5 }, "* bob deleted message 5" },
        { Msg("👍") with { Kind = EventKind.React, Ref = 5 }, "* bob put 👍 on message 5" },
        { Msg("👍") with { Kind = EventKind.Unreact, Ref = 5 }, "* bob took 👍 off message 5" },
        { Msg(null) with { Kind = EventKind.Join }, "* bob is a member now" },
        { Msg(null) with { Kind = EventKind.Leave }, "* bob is no longer a member" },
        { Change(EventKind.Invite), "* ann invited bob" },
        { Change(EventKind.Kick), "* ann removed bob" },
        { Change(EventKind.Ban), "* ann banned bob" },
        { Change(EventKind.Unban), "* ann lifted the ban of bob" },
        { Change(EventKind.Mute) with { Until = 5 }, "* ann muted bob" },
        { Change(EventKind.Unmute), "* ann lifted the mute of bob" },
        { Change(EventKind.Unmute) with { User = "a:b" }, "* ann lifted the mute of a%3Ab" },
        { Change(EventKind.Role) with { Role = MemberRole.Owner }, "* bob is an owner now" },
        { Change(EventKind.Role) with { Role = MemberRole.Moderator }, "* bob is a moderator now" },
        { Change(EventKind.Role) with { Role = MemberRole.Member }, "* bob is a member now" },
        { Change(EventKind.Title) with { User = null, Text = "Plans" }, "* ann set the title: Plans" },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(true, GroupActions.Write | GroupActions.React, GroupActions.All) },
            "* ann changed the settings: private; members may write, react"
        },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(false, GroupActions.None, GroupActions.Moderate) },
            "* ann changed the settings: public; members may only read; moderators may moderate"
        },
        { Msg(null) with { Kind = EventKind.Link, Uses = 3, Until = 5 }, "* bob made an invitation link" },
        { Msg(null) with { Kind = EventKind.Unlink, Ref = 5 }, "* bob ended an invitation link" },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(false, GroupActions.Pin, GroupActions.All, 30) },
            "* ann changed the settings: public; members may pin; slow mode: one message every 30 s"
        },
        { Msg(null) with { Kind = EventKind.Pin, Ref = 5 }, "* bob pinned message 5" },
        { Msg(null) with { Kind = EventKind.Unpin, Ref = 5 }, "* bob unpinned message 5" },
        { Msg("psst") with { Room = "@bob" }, "*bob* psst" },
        { Msg("psst") with { Room = "@bob", From = "alice" }, "-> *bob* psst" },
        { Msg("note") with { Room = "@alice", From = "alice" }, "-> *alice* note" },
        { Msg("waves") with { Room = "@bob", Meta = TextMeta.Me }, "*bob* * bob waves" },
        { new Welcome(null, "alice", "s", new ProtocolLimits(), 1, 1, null), "* you are alice, /help shows the commands" },
        { new Joined(null, "lobby", "channel", 9, "e", 9, 0, 0, 3, false), "* you are in lobby (3 here)" },
        { new Joined(null, "@bob", "direct", 9, "e", 9, 0, 0, 1, false), "* you are in a direct conversation with bob" },
        { new Presence("lobby", "bob", true, 3), "* bob joined (3 here)" },
        { new Presence("lobby", "bob", false, 2), "* bob left (2 here)" },
        { new Presence("lobby", null, null, 73), null },
        { new WhoIs(null, "lobby", 2, ["alice", "bob"]), "* 2 here: alice, bob" },
        { new WhoIs(null, "lobby", 900, null), "* 900 here" },
        { new Gap("lobby", 3, 9), "* messages 3 to 9 were skipped, /last shows them" },
        { new Left("@bob", "displaced"), "* too many rooms are open, so your conversation with bob is closed until its next message" },
        { new Left("team", "displaced"), "* too many rooms are open, so team is closed until its next message" },
        { new Left("team", "kicked"), "* you were removed from team" },
        { new Left("team", "banned"), "* you were banned from team" },
        { new Invited("~a", "Plans"), "* you are invited to Plans, /join ~a accepts" },
        { new Invited("team", null), "* you are invited, /join team accepts" },
        { new MemberList(null, "team", [], false), null },
        { new ReaderList(null, "team", 7, ["ann"], false), null },
        { new BlockList(null, ["ann"]), null },
        { new ReportList(null, "team", [new(7, "ann", "bob", 0, "rude")], false), null },
        { new Err(null, ChatErrorCode.Muted, "you are muted in this room", null), "! you are muted in this room" },
        { new Gap("lobby", 3, 3), "* message 3 was skipped, /last shows it" },
        { new Err(null, ChatErrorCode.RateLimited, "rate limited", 250), "! rate limited, try again in 1 s" },
        { new Err(null, ChatErrorCode.RateLimited, "rate limited", 1001), "! rate limited, try again in 2 s" },
        { new Err(null, ChatErrorCode.TooLarge, "text is longer than 4000 characters", null), "! text is longer than 4000 characters" },
        { new Bye(CloseCode.Drain, 2000, "this gateway is draining"), "* goodbye: this gateway is draining, come back in 2 s" },
        { new Bye(CloseCode.Kicked, null, "kicked"), "* goodbye: kicked" },
        { new Ok("1", "lobby", 1, 1, false, null), null },
        { new TypingNow("lobby", "bob"), null },
        { new MarkMoved("lobby", "bob", 1), null },
        { new Pong(null), null },
        { new Page(null, "lobby", [Msg("one"), Msg("two\n")], 1, 2, false), "bob: one\nbob: two " },
        { new Page(null, "lobby", [], 0, 0, false), null },
        { new ConversationList(null, [], false), "* you have no conversations" },
        {
            new ConversationList(
                null,
                [
                    new("@a:b", "direct", 3, 5, 2, 1, Last: new(3, 5, "a:b", EventKind.Msg, "one\ntwo")),
                    new("team", "group", 3, 5, 3, 0, MemberRole.Owner, "Team Red", new(3, 5, "ann", EventKind.Kick, null, "eve")),
                    new("~a", "group", 0, 5, 0, 0, MemberRole.Invited, "Plans"),
                ],
                true),
            "* @a%3Ab, 1 unread - a%3Ab: one two\n* team (Team Red)\n* ~a (Plans) - you are invited, /join ~a accepts\n* there are more conversations"
        },
        {
            new ConversationList(
                null,
                [
                    new("@bob", "direct", 3, 5, 1, 2, Last: new(3, 5, "bob", EventKind.Msg, "psst"), Mentions: 1),
                    new("lobby", "channel", 9, 4, 0, 1000, Mentions: 12, UnreadMore: true),
                ],
                false),
            "* @bob, 2 unread, 1 mention - bob: psst\n* lobby, 1000 unread, 12 mentions"
        },
        { new ConversationChanged("@bob"), null },
    };

    [Theory, MemberData(nameof(Lines))]
    public void Write_WhenGivenAFrame_ReturnsItsLine(ServerFrame frame, string? line) => Assert.Equal(line, TextLineWriter.Write(frame, Alice));

    [Fact]
    public void Write_WhenRoomsAreShown_NamesTheRoom()
    {
        var view = Alice with { ShowRoom = true };

        Assert.Equal("[lobby] bob: hello", TextLineWriter.Write(Msg("hello"), view));
        Assert.Equal("[lobby] * bob waves", TextLineWriter.Write(Msg("waves") with { Meta = TextMeta.Me }, view));
        Assert.Equal("[lobby] * bob left (2 here)", TextLineWriter.Write(new Presence("lobby", "bob", false, 2), view));
        Assert.Equal("*bob* psst", TextLineWriter.Write(Msg("psst") with { Room = "@bob" }, view));
    }

    [Fact]
    public void Write_WhenSequencesAreShown_StartsEventsWithThem()
    {
        var view = Alice with { ShowSeq = true };

        Assert.Equal("#42 bob: hello", TextLineWriter.Write(Msg("hello"), view));
        Assert.Equal("#42 [lobby] bob: hello", TextLineWriter.Write(Msg("hello"), view with { ShowRoom = true }));
        Assert.Equal("* bob left (2 here)", TextLineWriter.Write(new Presence("lobby", "bob", false, 2), view));
    }

    [Fact]
    public void Write_WhenRaw_ReturnsOnlyTheTextOfMessages()
    {
        var view = Alice with { Raw = true, ShowRoom = true };

        Assert.Equal("hello \u001b", TextLineWriter.Write(Msg("hello\n\u001b"), view));
        Assert.Equal("#42 hello", TextLineWriter.Write(Msg("hello"), view with { ShowSeq = true }));
        Assert.Equal("one\ntwo", TextLineWriter.Write(new Page(null, "lobby", [Msg("one"), Msg(null), Msg("two")], 1, 3, false), view));
        Assert.All(
            Lines.Select(row => row.Data.Item1).Where(frame => frame is not (Page or ChatEvent { Kind: EventKind.Msg, Text: not null })),
            frame => Assert.Null(TextLineWriter.Write(frame, view)));
    }

    [Fact]
    public void Write_WhenTheFrameIsNoPage_ReturnsNoControlCharacters() => Properties.ForAll(
        Generated.Frame,
        frame => frame is Page or ConversationList || TextLineWriter.Write(frame, Alice) is not { } line || !line.Any(character => char.IsControl(character) && character != '\t'));

    [Fact]
    public void Rooms_WhenWritten_ListsTheRooms()
    {
        Assert.Equal("* you are in lobby, @bob", TextLineWriter.Rooms(["lobby", "@bob"]));
        Assert.Equal("* you are in no room, /join lobby enters one", TextLineWriter.Rooms([]));
    }

    [Fact]
    public void Error_WhenALineIsMistyped_ReturnsAnErrorLine()
    {
        Assert.Equal("! there is no /dance, /help shows the commands", TextLineWriter.Error(new Unknown("dance")));
        Assert.Equal("! text is empty", TextLineWriter.Error(new Mistyped(ChatErrorCode.BadRequest, "text is empty")));
    }

    [Fact]
    public void Write_WhenTheKindIsUnknown_ShowsNothing() => Assert.Null(TextLineWriter.Write(Msg(null) with { Kind = EventKind.Other }, new("ann")));

    private static ChatEvent Change(EventKind kind) => new("lobby", 42, 1, "ann", kind, null, null, null, null, null, false, "bob");

    private static ChatEvent Msg(string? text) => new("lobby", 42, 1, "bob", EventKind.Msg, text, null, null, null, null, false);
}
