using System.Text;
using System.Text.Json;
using OrleansChat.ClientCodec;

namespace OrleansChat.Protocol.Tests;

/// <summary>Writes and reads each server frame, and compares the exact bytes.</summary>
public sealed class FrameGoldenTests
{
    private static readonly ChatEvent Message = new("lobby", 5, 1700000000000, "bob", EventKind.Msg, "hi", null, null, null, null, false);

    public static TheoryData<ServerFrame, string> Frames => new()
    {
        {
            new Welcome("1", "alice", "s1", new ProtocolLimits { SendsPerSecond = 0 }, 25000, 10000, 1700000000),
            """{"t":"welcome","id":"1","user":"alice","session":"s1","limits":{"frame_bytes":65536,"text_characters":4000,"text_bytes":16384,"meta_bytes":2048,"rooms_per_connection":200,"commands_per_frame":64,"sends_per_second":0,"send_burst":20,"connections_per_user":10,"history_events":100,"replay_events":500},"heartbeat":25000,"presence_bound":10000,"exp":1700000000}"""
        },
        {
            new Joined("1", "lobby", "channel", 9, "e1", 4, 3, 2, 1, true),
            """{"t":"joined","id":"1","room":"lobby","kind":"channel","seq":9,"epoch":"e1","after":4,"read":3,"unread":2,"count":1,"reset":true}"""
        },
        {
            new Joined(null, "@bob", "direct", 0, "e1", 0, 0, 0, 2, false),
            """{"t":"joined","room":"@bob","kind":"direct","seq":0,"epoch":"e1","after":0,"read":0,"unread":0,"count":2}"""
        },
        { Message, """{"t":"ev","room":"lobby","seq":5,"ts":1700000000000,"from":"bob","kind":"msg","text":"hi"}""" },
        {
            new ChatEvent("@bob", 7, 1, "张三", EventKind.Edit, "é😀\n\"\\\u0001\u2028</script>", 3, 2, """{"me":true}""", "k1", true),
            "{\"t\":\"ev\",\"id\":\"k1\",\"room\":\"@bob\",\"seq\":7,\"ts\":1,\"from\":\"张三\",\"kind\":\"edit\",\"text\":\"é😀\\n\\\"\\\\\\u0001\u2028</script>\",\"ref\":3,\"reply\":2,\"meta\":{\"me\":true},\"edited\":true}"
        },
        {
            new ChatEvent("lobby", 8, 1, "bob", EventKind.Delete, null, 5, null, null, null, false),
            """{"t":"ev","room":"lobby","seq":8,"ts":1,"from":"bob","kind":"delete","ref":5}"""
        },
        {
            new ChatEvent("lobby", 9, 1, "bob", EventKind.Other, null, null, null, null, null, false),
            """{"t":"ev","room":"lobby","seq":9,"ts":1,"from":"bob","kind":"other"}"""
        },
        {
            new Joined("1", "~a", "group", 9, "e1", 4, 3, 2, 1, true, MemberRole.Owner, "Plans"),
            """{"t":"joined","id":"1","room":"~a","kind":"group","seq":9,"epoch":"e1","after":4,"read":3,"unread":2,"count":1,"role":"owner","title":"Plans","reset":true}"""
        },
        {
            new ChatEvent("team", 9, 1, "ann", EventKind.Ban, null, null, null, null, "k", false, "bob", null, 1700000000000),
            """{"t":"ev","id":"k","room":"team","seq":9,"ts":1,"from":"ann","kind":"ban","user":"bob","until":1700000000000}"""
        },
        {
            new ChatEvent("team", 9, 1, "@system", EventKind.Role, null, null, null, null, null, false, "bob", MemberRole.Owner),
            """{"t":"ev","room":"team","seq":9,"ts":1,"from":"@system","kind":"role","user":"bob","role":"owner"}"""
        },
        {
            new ChatEvent("team", 9, 1, "ann", EventKind.Title, "Plans", null, null, null, null, false),
            """{"t":"ev","room":"team","seq":9,"ts":1,"from":"ann","kind":"title","text":"Plans"}"""
        },
        {
            new ChatEvent("team", 9, 1, "ann", EventKind.Settings, null, null, null, null, "k", false, Settings: new(true, GroupActions.React, GroupActions.All)),
            """{"t":"ev","id":"k","room":"team","seq":9,"ts":1,"from":"ann","kind":"settings","settings":{"private":true,"members":["react"],"moderators":["write","react","invite","moderate","manage","pin"]}}"""
        },
        {
            new Joined("1", "team", "group", 9, "e1", 4, 3, 2, 1, false, MemberRole.Member, null, new(false, GroupActions.None, GroupActions.Moderate)),
            """{"t":"joined","id":"1","room":"team","kind":"group","seq":9,"epoch":"e1","after":4,"read":3,"unread":2,"count":1,"role":"member","settings":{"members":[],"moderators":["moderate"]}}"""
        },
        {
            new ChatEvent("team", 9, 1, "ann", EventKind.Settings, null, null, null, null, null, false, Settings: new(false, GroupActions.Pin, GroupActions.None, 30)),
            """{"t":"ev","room":"team","seq":9,"ts":1,"from":"ann","kind":"settings","settings":{"members":["pin"],"moderators":[],"slow":30}}"""
        },
        {
            new ChatEvent("team", 9, 1, "ann", EventKind.Pin, null, 5, null, null, null, false),
            """{"t":"ev","room":"team","seq":9,"ts":1,"from":"ann","kind":"pin","ref":5}"""
        },
        {
            new ChatEvent("team", 9, 1, "ann", EventKind.Link, null, null, null, null, "k", false, Until: 1700000000000, Uses: 10),
            """{"t":"ev","id":"k","room":"team","seq":9,"ts":1,"from":"ann","kind":"link","until":1700000000000,"uses":10}"""
        },
        {
            new ChatEvent("team", 10, 1, "bob", EventKind.Join, null, 9, null, null, null, false),
            """{"t":"ev","room":"team","seq":10,"ts":1,"from":"bob","kind":"join","ref":9}"""
        },
        {
            new MemberList("1", "team", [new("ann", MemberRole.Owner, null, null), new("bob", MemberRole.Member, 5, null), new("cat", null, null, MemberEntry.Forever)], true),
            """{"t":"members","id":"1","room":"team","members":[{"user":"ann","role":"owner"},{"user":"bob","role":"member","muted":5},{"user":"cat","banned":9007199254740991}],"more":true}"""
        },
        {
            new Page("1", "lobby", [Message with { Replies = 100 }], 5, 5, false),
            """{"t":"page","id":"1","room":"lobby","events":[{"t":"ev","room":"lobby","seq":5,"ts":1700000000000,"from":"bob","kind":"msg","text":"hi","replies":100}],"first":5,"last":5}"""
        },
        { new ReaderList("1", "@bob", 7, ["ann", "bob"], true), """{"t":"readers","id":"1","room":"@bob","ref":7,"users":["ann","bob"],"more":true}""" },
        { new BlockList("1", ["bob", "eve"]), """{"t":"blocks","id":"1","users":["bob","eve"]}""" },
        { new BlockList(null, []), """{"t":"blocks","users":[]}""" },
        {
            new ReportList("1", "team", [new(7, "bob", "ann", 1700000000000, "rude"), new(5, "bob", "eve", 0, null)], true),
            """{"t":"reports","id":"1","room":"team","reports":[{"ref":7,"from":"bob","user":"ann","ts":1700000000000,"text":"rude"},{"ref":5,"from":"bob","user":"eve","ts":0}],"more":true}"""
        },
        { new ReportList(null, "team", [], false), """{"t":"reports","room":"team","reports":[]}""" },
        { new ReaderList(null, "team", 7, [], false), """{"t":"readers","room":"team","ref":7,"users":[]}""" },
        { new Invited("~a", "Plans"), """{"t":"invited","room":"~a","title":"Plans"}""" },
        { new Invited("team", null), """{"t":"invited","room":"team"}""" },
        { new Left("team", "kicked"), """{"t":"left","room":"team","reason":"kicked"}""" },
        { new Err("1", ChatErrorCode.Muted, "you are muted in this room", null), """{"t":"err","id":"1","code":"muted","message":"you are muted in this room"}""" },
        { new Ok("k1", "lobby", 5, 1700000000000, true, null), """{"t":"ok","id":"k1","room":"lobby","seq":5,"ts":1700000000000,"dup":true}""" },
        { new Ok("1", null, null, null, false, 1700000000), """{"t":"ok","id":"1","exp":1700000000}""" },
        { new Err("1", ChatErrorCode.RateLimited, "rate limited", 250), """{"t":"err","id":"1","code":"rate_limited","message":"rate limited","retry":250}""" },
        { new Err(null, ChatErrorCode.NotMember, "join the group first", null, "team"), """{"t":"err","room":"team","code":"not_member","message":"join the group first"}""" },
        { new Err(null, ChatErrorCode.BadRequest, "not JSON", null), """{"t":"err","code":"bad_request","message":"not JSON"}""" },
        {
            new Page("1", "lobby", [Message], 5, 5, true),
            """{"t":"page","id":"1","room":"lobby","events":[{"t":"ev","room":"lobby","seq":5,"ts":1700000000000,"from":"bob","kind":"msg","text":"hi"}],"first":5,"last":5,"more":true}"""
        },
        { new Page("1", "lobby", [], 0, 0, false), """{"t":"page","id":"1","room":"lobby","events":[],"first":0,"last":0}""" },
        { new WhoIs("1", "lobby", 2, ["alice", "bob"]), """{"t":"who","id":"1","room":"lobby","count":2,"users":["alice","bob"]}""" },
        { new WhoIs("1", "lobby", 900, null), """{"t":"who","id":"1","room":"lobby","count":900}""" },
        { new TypingNow("lobby", "bob"), """{"t":"typing","room":"lobby","user":"bob"}""" },
        { new Presence("lobby", "bob", false, 2), """{"t":"presence","room":"lobby","user":"bob","online":false,"count":2}""" },
        { new Presence("lobby", null, null, 73), """{"t":"presence","room":"lobby","count":73}""" },
        { new MarkMoved("lobby", "bob", 5), """{"t":"mark","room":"lobby","user":"bob","read":5}""" },
        { new Left("@bob", "displaced"), """{"t":"left","room":"@bob","reason":"displaced"}""" },
        { new Gap("lobby", 3, 9), """{"t":"gap","room":"lobby","from":3,"to":9}""" },
        { new Bye(CloseCode.Drain, 500, "draining"), """{"t":"bye","code":4000,"after":500,"reason":"draining"}""" },
        { new Bye(CloseCode.Kicked, null, ""), """{"t":"bye","code":4504,"reason":""}""" },
        {
            new ConversationList("1", [new("@bob", "direct", 3, 1700000000000, 2, 1), new("team", "group", 9, 5, 9, 0, MemberRole.Invited, "Plans")], true),
            """{"t":"conversations","id":"1","rooms":[{"room":"@bob","kind":"direct","seq":3,"ts":1700000000000,"read":2,"unread":1},{"room":"team","kind":"group","seq":9,"ts":5,"read":9,"unread":0,"role":"invited","title":"Plans"}],"more":true}"""
        },
        {
            new ConversationList(
                null,
                [
                    new("lobby", "channel", 3, 5, 2, 1, Last: new(3, 5, "bob", EventKind.Msg, "hi"), Followed: true, Pinned: true, Archived: true, Muted: 9),
                    new("team", "group", 4, 6, 0, 0, MemberRole.Member, Last: new(4, 6, "ann", EventKind.Kick, null, "eve")),
                ],
                false, "c.7", ["@eve"]),
            """{"t":"conversations","rooms":[{"room":"lobby","kind":"channel","seq":3,"ts":5,"read":2,"unread":1,"last":{"seq":3,"ts":5,"from":"bob","kind":"msg","text":"hi"},"followed":true,"pinned":true,"archived":true,"muted":9},{"room":"team","kind":"group","seq":4,"ts":6,"read":0,"unread":0,"role":"member","last":{"seq":4,"ts":6,"from":"ann","kind":"kick","user":"eve"}}],"removed":["@eve"],"cursor":"c.7"}"""
        },
        { new ConversationList("1", [], false, "c.7", [], true), """{"t":"conversations","id":"1","rooms":[],"removed":[],"cursor":"c.7","reset":true}""" },
        {
            new ChatEvent("lobby", 5, 1, "bob", EventKind.Msg, "hi", null, 4, """{"a":1}""", null, true, Mentions: ["ann", "@everyone"]),
            """{"t":"ev","room":"lobby","seq":5,"ts":1,"from":"bob","kind":"msg","text":"hi","reply":4,"meta":{"a":1},"mentions":["ann","@everyone"],"edited":true}"""
        },
        {
            new Joined("1", "lobby", "channel", 2009, "e1", 4, 3, 1000, 1, false, Mentions: 7, UnreadMore: true),
            """{"t":"joined","id":"1","room":"lobby","kind":"channel","seq":2009,"epoch":"e1","after":4,"read":3,"unread":1000,"mentions":7,"unread_more":true,"count":1}"""
        },
        {
            new ConversationList(null, [new("@bob", "direct", 3, 5, 2, 1, Mentions: 1, UnreadMore: true)], false),
            """{"t":"conversations","rooms":[{"room":"@bob","kind":"direct","seq":3,"ts":5,"read":2,"unread":1,"mentions":1,"unread_more":true}]}"""
        },
        { new ConversationChanged("@bob"), """{"t":"conversation","room":"@bob"}""" },
        { new Pong("1"), """{"t":"pong","id":"1"}""" },
        { new Pong(null), """{"t":"pong"}""" },
    };

    [Theory, MemberData(nameof(Frames))]
    public void Write_WhenGivenAFrame_ReturnsTheExactBytes(ServerFrame frame, string line) => Assert.Equal(line, Wire.Written(frame));

    [Theory, MemberData(nameof(Frames))]
    public void Read_WhenGivenTheBytes_ReturnsTheFrame(ServerFrame frame, string line)
    {
        var read = FrameReader.Read(Encoding.UTF8.GetBytes(line));

        // Records compare lists by reference. So compare the contents instead.
        Assert.Equivalent(frame, read, strict: true);
        Assert.IsType(frame.GetType(), read);
    }

    [Fact]
    public void Write_WhenTextHasAnyCharacterToU02FF_RoundTripsAsJson()
    {
        foreach (var text in Enumerable.Range(0, 0x300).Select(code => $"a{(char)code}b"))
        {
            using var read = JsonDocument.Parse(FrameWriter.Encode(new TypingNow("a", text)));

            Assert.Equal(text, read.RootElement.GetProperty("user").GetString());
        }
    }

    [Fact]
    public void Write_WhenASurrogateIsUnpaired_ReplacesIt() =>
        Assert.Equal("""{"t":"typing","room":"a","user":"x\ufffdy"}""", Wire.Written(new TypingNow("a", "x\ud800y")));

    [Fact]
    public void Read_WhenTypesOrKindsAreUnknown_SkipsThem()
    {
        List<ServerFrame> read = [];
        FrameReader.Read(
            """
            {"t":"hologram","id":"1"}
            {"t":"ev","room":"a","seq":1,"ts":1,"from":"b","kind":"wink"}
            {"t":"pong","new":{"x":1}}
            """u8,
            read);

        Assert.Equal([new Pong(null)], read);
    }

    [Fact]
    public void Read_WhenAPageHasAnUnknownKind_KeepsTheOtherEvents()
    {
        var page = FrameReader.Read(
            """{"t":"page","room":"a","events":[{"t":"ev","room":"a","seq":1,"ts":1,"from":"b","kind":"wink"},{"t":"ev","room":"a","seq":2,"ts":1,"from":"b","kind":"msg","text":"x"}],"first":1,"last":2}"""u8);

        Assert.Equal(2, Assert.Single(Assert.IsType<Page>(page).Events).Seq);
    }

    [Fact]
    public void Read_WhenAnErrorCodeIsUnknown_ReturnsAnInternalError() =>
        Assert.Equal(new Err("1", ChatErrorCode.Internal, "x", null), FrameReader.Read("""{"t":"err","id":"1","code":"out_of_tea","message":"x"}"""u8));

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("""{"t":"ev"}""")]
    [InlineData("""{"t":"gap","room":"a","from":"x","to":1}""")]
    [InlineData("""{"t":"page","room":"a","events":{},"first":0,"last":0}""")]
    [InlineData("""{"t":"who","room":"a","count":1,"users":[1]}""")]
    [InlineData("""{"t":"ev","room":"a","seq":1,"ts":1,"from":"b","kind":"msg","mentions":[1]}""")]
    public void Read_WhenTheLineIsNoServerFrame_Throws(string line) =>
        Assert.Throws<FormatException>(() => FrameReader.Read(Encoding.UTF8.GetBytes(line)));
}
