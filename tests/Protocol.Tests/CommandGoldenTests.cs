namespace OrleansChat.Protocol.Tests;

/// <summary>Writes and reads each command, and compares the exact bytes.</summary>
public sealed class CommandGoldenTests
{
    private const string Code = "abcdefghijklmnopqrstuvwxyz";

    public static TheoryData<ClientCommand, string> Commands => new()
    {
        {
            new Hello("1", "tok", "phone", [new ResumeRoom("lobby", 42, "e1"), new ResumeRoom("@bob", 0, null)]),
            """{"t":"hello","id":"1","token":"tok","device":"phone","rooms":{"lobby":{"seq":42,"epoch":"e1"},"@bob":{"seq":0}}}"""
        },
        { new Hello(null, null, null, []), """{"t":"hello"}""" },
        { new Hello("1", null, null, [], 20, "c.5"), """{"t":"hello","id":"1","conversations":20,"since":"c.5"}""" },
        { new Join("1", "lobby", 42, "e1", null, "group"), """{"t":"join","id":"1","room":"lobby","after":42,"epoch":"e1","kind":"group"}""" },
        { new Join("1", "lobby", null, null, 20, null), """{"t":"join","id":"1","room":"lobby","last":20}""" },
        { new Join("1", "team", null, null, 20, null, Resume: true), """{"t":"join","id":"1","room":"team","last":20,"resume":true}""" },
        { new Join("1", "~" + Code, null, null, null, null, Link: Code), $$"""{"t":"join","id":"1","room":"~{{Code}}","link":"{{Code}}"}""" },
        { new Leave("1", "lobby", true), """{"t":"leave","id":"1","room":"lobby"}""" },
        { new Leave("1", "lobby", false), """{"t":"leave","id":"1","room":"lobby","member":false}""" },
        {
            new Send("k", "@张三", EventKind.Msg, "héllo 😀 \"\\\n", null, 7, """{"me":true}"""),
            """{"t":"send","id":"k","room":"@张三","text":"héllo 😀 \"\\\n","reply":7,"meta":{"me":true}}"""
        },
        {
            new Send("k", "lobby", EventKind.Msg, "hi", null, null, null, Mentions: ["@everyone", "bob", "guest-1", "😀"]),
            """{"t":"send","id":"k","room":"lobby","text":"hi","mentions":["@everyone","bob","guest-1","😀"]}"""
        },
        { new Send("k", "lobby", EventKind.Edit, "new", 5, null, null), """{"t":"send","id":"k","room":"lobby","kind":"edit","text":"new","ref":5}""" },
        { new Send("k", "lobby", EventKind.Delete, null, 5, null, null), """{"t":"send","id":"k","room":"lobby","kind":"delete","ref":5}""" },
        { new Send("k", "lobby", EventKind.React, "👍", 5, null, null), """{"t":"send","id":"k","room":"lobby","kind":"react","text":"👍","ref":5}""" },
        { new Send("k", "lobby", EventKind.Unreact, "👍", 5, null, null), """{"t":"send","id":"k","room":"lobby","kind":"unreact","text":"👍","ref":5}""" },
        { Change(EventKind.Invite), """{"t":"send","id":"k","room":"team","kind":"invite","user":"bob"}""" },
        { Change(EventKind.Kick), """{"t":"send","id":"k","room":"team","kind":"kick","user":"bob"}""" },
        { Change(EventKind.Ban), """{"t":"send","id":"k","room":"team","kind":"ban","user":"bob"}""" },
        { Change(EventKind.Ban) with { Until = 1 }, """{"t":"send","id":"k","room":"team","kind":"ban","user":"bob","until":1}""" },
        { Change(EventKind.Unban), """{"t":"send","id":"k","room":"team","kind":"unban","user":"bob"}""" },
        { Change(EventKind.Mute) with { Until = 1700000000000 }, """{"t":"send","id":"k","room":"team","kind":"mute","user":"bob","until":1700000000000}""" },
        { Change(EventKind.Unmute) with { User = "guest-1" }, """{"t":"send","id":"k","room":"team","kind":"unmute","user":"guest-1"}""" },
        { Change(EventKind.Role) with { Role = MemberRole.Owner }, """{"t":"send","id":"k","room":"team","kind":"role","user":"bob","role":"owner"}""" },
        { Change(EventKind.Role) with { Role = MemberRole.Moderator }, """{"t":"send","id":"k","room":"team","kind":"role","user":"bob","role":"moderator"}""" },
        { Change(EventKind.Role) with { Role = MemberRole.Member }, """{"t":"send","id":"k","room":"team","kind":"role","user":"bob","role":"member"}""" },
        { Change(EventKind.Title) with { User = null, Text = "Pläne" }, """{"t":"send","id":"k","room":"team","kind":"title","text":"Pläne"}""" },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(true, GroupActions.Write | GroupActions.React, GroupActions.None) },
            """{"t":"send","id":"k","room":"team","kind":"settings","settings":{"private":true,"members":["write","react"],"moderators":[]}}"""
        },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(false, null, GroupActions.All) },
            """{"t":"send","id":"k","room":"team","kind":"settings","settings":{"private":false,"moderators":["write","react","invite","moderate","manage","pin"]}}"""
        },
        { Change(EventKind.Settings) with { User = null, Settings = new(null, null, null) }, """{"t":"send","id":"k","room":"team","kind":"settings","settings":{}}""" },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(null, null, null, 21_600) },
            """{"t":"send","id":"k","room":"team","kind":"settings","settings":{"slow":21600}}"""
        },
        {
            Change(EventKind.Settings) with { User = null, Settings = new(null, GroupActions.Pin, null, 0) },
            """{"t":"send","id":"k","room":"team","kind":"settings","settings":{"members":["pin"],"slow":0}}"""
        },
        { new Send("k", "lobby", EventKind.Pin, null, 5, null, null), """{"t":"send","id":"k","room":"lobby","kind":"pin","ref":5}""" },
        { new Send("k", "lobby", EventKind.Unpin, null, 5, null, null), """{"t":"send","id":"k","room":"lobby","kind":"unpin","ref":5}""" },
        { LinkTo(EventKind.Link) with { Code = Code }, $$"""{"t":"send","id":"k","room":"team","kind":"link","code":"{{Code}}"}""" },
        {
            LinkTo(EventKind.Link) with { Code = Code + Code, Uses = 1000, Until = 1700000000000 },
            $$"""{"t":"send","id":"k","room":"team","kind":"link","until":1700000000000,"code":"{{Code}}{{Code}}","uses":1000}"""
        },
        { LinkTo(EventKind.Unlink) with { Ref = 12 }, """{"t":"send","id":"k","room":"team","kind":"unlink","ref":12}""" },
        { new Create("1", "Plans"), """{"t":"create","id":"1","title":"Plans"}""" },
        { new Create(null, null), """{"t":"create"}""" },
        { new Members("1", "team", null, 200), """{"t":"members","id":"1","room":"team","limit":200}""" },
        { new Members("1", "team", "bob", 20), """{"t":"members","id":"1","room":"team","after":"bob","limit":20}""" },
        { new Mark("1", "lobby", 9), """{"t":"mark","id":"1","room":"lobby","read":9}""" },
        { new Typing(null, "lobby"), """{"t":"typing","room":"lobby"}""" },
        { new History("1", "lobby", 50, null, null, 20), """{"t":"history","id":"1","room":"lobby","before":50,"limit":20}""" },
        { new History("1", "lobby", null, 0, null, 20), """{"t":"history","id":"1","room":"lobby","after":0,"limit":20}""" },
        { new History("1", "lobby", null, null, 50, 20), """{"t":"history","id":"1","room":"lobby","around":50,"limit":20}""" },
        { new History("1", "lobby", null, null, null, 100, Pinned: true), """{"t":"history","id":"1","room":"lobby","pinned":true,"limit":100}""" },
        { new History("1", "lobby", 9, null, null, 20, Changes: true), """{"t":"history","id":"1","room":"lobby","before":9,"changes":true,"limit":20}""" },
        { new History("1", "lobby", null, 0, null, 20, Changes: true), """{"t":"history","id":"1","room":"lobby","after":0,"changes":true,"limit":20}""" },
        { new History("1", "lobby", null, null, null, 100, 7), """{"t":"history","id":"1","room":"lobby","thread":7,"limit":100}""" },
        { new History("1", "lobby", 50, null, null, 20, 7), """{"t":"history","id":"1","room":"lobby","before":50,"thread":7,"limit":20}""" },
        { new History("1", "lobby", null, 0, null, 20, 7), """{"t":"history","id":"1","room":"lobby","after":0,"thread":7,"limit":20}""" },
        { new Readers("1", "@bob", 7), """{"t":"readers","id":"1","room":"@bob","ref":7}""" },
        { new Block("1", "bob"), """{"t":"block","id":"1","user":"bob"}""" },
        { new Block(null, "guest-1a2b"), """{"t":"block","user":"guest-1a2b"}""" },
        { new Unblock("1", "bób"), """{"t":"unblock","id":"1","user":"bób"}""" },
        { new Blocks("1"), """{"t":"blocks","id":"1"}""" },
        { new Report("1", "@bob", 7, "rude"), """{"t":"report","id":"1","room":"@bob","ref":7,"text":"rude"}""" },
        { new Report(null, "team", long.MaxValue, null), """{"t":"report","room":"team","ref":9223372036854775807}""" },
        { new Reports("1", "team", 20), """{"t":"reports","id":"1","room":"team","limit":20}""" },
        { new Dismiss("1", "team", 7), """{"t":"dismiss","id":"1","room":"team","ref":7}""" },
        { new Readers(null, "team", long.MaxValue), """{"t":"readers","room":"team","ref":9223372036854775807}""" },
        { new Who("1", "lobby"), """{"t":"who","id":"1","room":"lobby"}""" },
        { new Conversations("1", null, null, 100), """{"t":"conversations","id":"1","limit":100}""" },
        { new Conversations("1", 1700000000000, "@bob", 20), """{"t":"conversations","id":"1","room":"@bob","before":1700000000000,"limit":20}""" },
        { new Conversations("1", null, null, 100, "c.5"), """{"t":"conversations","id":"1","limit":100,"since":"c.5"}""" },
        {
            new SetConversation("1", "@bob", true, false, true, false, 5),
            """{"t":"conversation","id":"1","room":"@bob","pinned":true,"archived":false,"hidden":true,"followed":false,"muted":5}"""
        },
        { new SetConversation("1", "lobby", null, null, null, null, 0), """{"t":"conversation","id":"1","room":"lobby","muted":0}""" },
        { new Ping("1"), """{"t":"ping","id":"1"}""" },
        { new Ping(null), """{"t":"ping"}""" },
        { new Auth("1", "tok"), """{"t":"auth","id":"1","token":"tok"}""" },
    };

    [Theory, MemberData(nameof(Commands))]
    public void Write_WhenGivenACommand_ReturnsTheExactBytes(ClientCommand command, string line) => Assert.Equal(line, Wire.Written(command));

    [Theory, MemberData(nameof(Commands))]
    public void Read_WhenGivenTheBytes_ReturnsTheCommand(ClientCommand command, string line)
    {
        var read = Wire.Command(line);

        // Records compare lists by reference. So compare the contents instead.
        Assert.Equivalent(command, read, strict: true);
        Assert.IsType(command.GetType(), read);
    }

    [Fact]
    public void Read_WhenTIsNotFirst_ReturnsTheCommand() =>
        Assert.Equal(new Who("1", "lobby"), Wire.Command("""{"room":"lobby","id":"1","t":"who"}"""));

    [Fact]
    public void Read_WhenFieldsAreUnknown_IgnoresThem() =>
        Assert.Equal(new Ping("1"), Wire.Command("""{"x":[1,{"t":"who"}],"t":"ping","y":{"id":"2"},"id":"1","\ud800":0,"z":null}"""));

    [Fact]
    public void Read_WhenFieldsBelongToOtherCommands_IgnoresThem() =>
        Assert.Equal(new Ping("1"), Wire.Command("""{"t":"ping","id":"1","room":7,"text":{},"after":"x"}"""));

    [Fact]
    public void Read_WhenFieldsAreNull_TreatsThemAsAbsent() =>
        Assert.Equal(
            new Send("1", "lobby", EventKind.Msg, "hi", null, null, null),
            Wire.Command("""{"t":"send","id":"1","room":"lobby","text":"hi","kind":null,"ref":null,"reply":null,"meta":null}"""));

    [Fact]
    public void Read_WhenAFieldRepeats_UsesTheLastValue() =>
        Assert.Equal(new Ping("2"), Wire.Command("""{"t":"who","id":"1","t":"ping","id":"2"}"""));

    [Fact]
    public void Read_WhenNamesAndWordsAreEscaped_DecodesThem() =>
        Assert.Equal(new Ping("1"), Wire.Command("""{"\u0074":"p\u0069ng","i\u0064":"\u0031"}"""));

    [Fact]
    public void Read_WhenLineEndingsVary_ReturnsOneResultPerLine()
    {
        var read = Wire.Read("\n\r\n {\"t\":\"ping\"}\r\n\t\n{\"t\":\"ping\",\"id\":\"2\"}\n");

        Assert.Equal([new Ping(null), new Ping("2")], read.Select(parsed => parsed.Command));
    }

    [Fact]
    public void Read_WhenOneLineIsInvalid_ReadsTheOthers()
    {
        var read = Wire.Read("{\"t\":\"ping\",\"id\":\"1\"}\nnonsense\n{\"t\":\"ping\",\"id\":\"3\"}");

        Assert.Equal(["1", null, "3"], read.Select(parsed => parsed.Command?.Id));
        Assert.Equal(ChatErrorCode.BadRequest, read[1].Error?.Code);
    }

    [Fact]
    public void Read_WhenMetaHasWhiteSpace_RemovesItBetweenTokensOnly() =>
        Assert.Equal(
            """{"a":[1,2.50,{}],"b c":"\u00e9 \n x","d":[],"e":{"f":true,"g":null}}""",
            Assert.IsType<Send>(Wire.Command(
                """{"t":"send","id":"1","room":"r","text":"x","meta": { "a" : [ 1 , 2.50 , { } ] ,"b c": "\u00e9 \n x", "d":[ ],"e" :{"f": true, "g":null} } }""")).Meta);

    [Theory]
    [InlineData("""{"t":"hello"}""", true)]
    [InlineData("\n {\"id\":\"1\",\"t\":\"hello\"}\r\nwhatever", true)]
    [InlineData("""{"t":"ping"}""", false)]
    [InlineData("""{"t":"hello" """, false)]
    [InlineData("""{"t":"hello"} x""", false)]
    [InlineData("""{"u":{"t":"hello"}}""", false)]
    [InlineData("hello", false)]
    [InlineData("[\"hello\"]", false)]
    [InlineData("", false)]
    [InlineData("\n", false)]
    public void LooksLikeHello_WhenGivenAFrame_AcceptsOnlyAWholeHello(string frame, bool expected) =>
        Assert.Equal(expected, CommandReader.LooksLikeHello(System.Text.Encoding.UTF8.GetBytes(frame)));

    private static Send LinkTo(EventKind kind) => new("k", "team", kind, null, null, null, null);

    private static Send Change(EventKind kind) => new("k", "team", kind, null, null, null, null, "bob");
}
