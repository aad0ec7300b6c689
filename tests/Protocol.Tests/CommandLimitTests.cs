namespace OrleansChat.Protocol.Tests;

/// <summary>Tests each limit of a command with a value at the limit and with a value one above it.</summary>
public sealed class CommandLimitTests
{
    private static readonly ProtocolLimits Small = new()
    {
        TextCharacters = 10,
        TextBytes = 20,
        MetaBytes = 9,
        RoomsPerConnection = 2,
        CommandsPerFrame = 3,
        HistoryEvents = 50,
        ReplayEvents = 40,
    };

    public static TheoryData<string, string, string> Edges => new()
    {
        { Ping(Times(64)), Ping(Times(65)), "id is longer than 64 characters" },
        { Ping(Times(64, "😀")), Ping(Times(65, "😀")), "id is longer than 64 characters" },
        { Text(Times(10)), Text(Times(11)), "text is longer than 10 characters" },
        { Text(Times(10, "é")), Text(Times(11, "é")), "text is longer than 10 characters" },
        { Text(Times(5, "😀")), Text(Times(5, "😀") + "x"), "text is longer than 20 bytes" },
        { Text(Times(5, "\\ud83d\\ude00")), Text(Times(5, "\\ud83d\\ude00") + "x"), "text is longer than 20 bytes" },
        { Emoji(Times(64)), Emoji(Times(65)), "longer than 64 bytes" },
        { Emoji(Times(16, "😀")), Emoji(Times(16, "😀") + "x"), "longer than 64 bytes" },
        { Meta("""{"a": "b"}"""), Meta("""{"a":"bc"}"""), "meta is longer than 9 bytes" },
        { Auth(Times(8192)), Auth(Times(8193)), "token is longer than 8192 characters" },
        { Device(Times(64)), Device(Times(65)), "device is longer than 64 characters" },
        { Epoch(Times(64)), Epoch(Times(65)), "epoch is longer than 64 characters" },
        { Title(Times(100, "😀")), Title(Times(101, "😀")), "text is longer than 100 characters" },
        { Create(Times(100)), Create(Times(101)), "title is longer than 100 characters" },
        { Reason(Times(500, "😀")), Reason(Times(501, "😀")), "text is longer than 500 characters" },
        { After(Times(128, "😀")), After(Times(129, "😀")), "after is longer than 128 characters" },
        { Rooms("a", "@b"), Rooms("a", "@b", "c"), "rooms has more than 2 entries" },
        { Rooms("a", "b", "a"), Rooms("a", "b", "c"), "rooms has more than 2 entries" },
    };

    [Theory, MemberData(nameof(Edges))]
    public void Read_WhenAValueExceedsItsLimit_ReturnsTooLarge(string at, string over, string names)
    {
        Wire.Command(at, Small);

        var error = Wire.Error(over, Small);
        Assert.Equal(ChatErrorCode.TooLarge, error.Code);
        Assert.Contains(names, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenThereAreTooManyMentions_ReturnsABadRequest()
    {
        static string Mentions(IEnumerable<string> names) => $$"""{"t":"send","id":"1","room":"a","text":"x","mentions":["{{string.Join("\",\"", names)}}"]}""";

        var names = Enumerable.Range(0, 20).Select(i => $"u{i}").ToArray();
        Assert.Equal(names, ((Send)Wire.Command(Mentions(names))).Mentions);
        Assert.Equal(["bob", "@everyone"], ((Send)Wire.Command(Mentions(["bob", "@everyone", "bob", "@everyone"]))).Mentions);
        foreach (var tooMany in (string[][])[[.. names, "u20"], [.. names, "u1"], [.. names, "@bob"]])
        {
            var error = Wire.Error(Mentions(tooMany));
            Assert.Equal((ChatErrorCode.BadRequest, true), (error.Code, error.Message.StartsWith("mentions must have 1 to 20 names", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Read_WhenCommandsAreAtTheLimit_ReadsAll() => Assert.All(Pings(3), parsed => Assert.Null(parsed.Error));

    [Fact]
    public void Read_WhenCommandsExceedTheLimit_ReturnsOneErrorForTheRest()
    {
        var read = Pings(9);

        Assert.Equal(4, read.Count);
        Assert.All(read.Take(3), parsed => Assert.Null(parsed.Error));
        Assert.Equal((ChatErrorCode.TooLarge, null), (read[3].Error?.Code, read[3].Error?.Id));
        Assert.Contains("up to 3 commands", read[3].Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenTooManyLinesAreNotJson_ReturnsOneErrorForTheRest()
    {
        static string Broken(int lines) => string.Join('\n', Enumerable.Repeat("""{"t":"ping" """, lines));

        Assert.All(Wire.Read(Broken(8)), parsed => Assert.Equal(ChatErrorCode.BadRequest, parsed.Error?.Code));

        var read = Wire.Read(Broken(30));
        Assert.Equal(9, read.Count);
        Assert.Equal(ChatErrorCode.TooLarge, read[8].Error?.Code);
        Assert.Contains("8 lines that are not JSON", read[8].Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenANameIsTooLong_ReturnsABadRequest()
    {
        Assert.IsType<Who>(Wire.Command(Who(Times(64))));
        Assert.IsType<Who>(Wire.Command(Who("@" + Times(128, "😀"))));
        Assert.Equal(ChatErrorCode.BadRequest, Wire.Error(Who(Times(65))).Code);
        Assert.Equal(ChatErrorCode.BadRequest, Wire.Error(Who("@" + Times(129, "😀"))).Code);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(50, 50)]
    [InlineData(51, 50)]
    [InlineData(long.MaxValue, 50)]
    public void Read_WhenAHistoryLimitIsTooHigh_ReducesIt(long asked, int read) =>
        Assert.Equal(read, Assert.IsType<History>(Wire.Command($$"""{"t":"history","room":"a","limit":{{asked}}}""", Small)).Limit);

    [Theory]
    [InlineData("", 200)]
    [InlineData(""","limit":200""", 200)]
    [InlineData(""","limit":201""", 200)]
    [InlineData(""","limit":199""", 199)]
    public void Read_WhenAMembersLimitIsTooHigh_ReducesIt(string limit, int read) =>
        Assert.Equal(read, Assert.IsType<Members>(Wire.Command($$"""{"t":"members","room":"a"{{limit}}}""", Small)).Limit);

    [Theory]
    [InlineData("", 100)]
    [InlineData(""","limit":101""", 100)]
    [InlineData(""","limit":99""", 99)]
    public void Read_WhenAReportsLimitIsTooHigh_ReducesIt(string limit, int read) =>
        Assert.Equal(read, Assert.IsType<Reports>(Wire.Command($$"""{"t":"reports","room":"a"{{limit}}}""", Small)).Limit);

    [Fact]
    public void Read_WhenAHistoryHasNoLimit_UsesAFullPage() =>
        Assert.Equal(50, Assert.IsType<History>(Wire.Command("""{"t":"history","room":"a"}""", Small)).Limit);

    [Theory]
    [InlineData(40, 40)]
    [InlineData(41, 40)]
    public void Read_WhenAJoinAsksForTooManyEvents_ReducesTheNumber(long asked, int read) =>
        Assert.Equal(read, Assert.IsType<Join>(Wire.Command($$"""{"t":"join","room":"a","last":{{asked}}}""", Small)).Last);

    [Fact]
    public void Read_WhenASequenceIsTheLargest_AcceptsIt() =>
        Assert.Equal(long.MaxValue, Assert.IsType<Join>(Wire.Command($$"""{"t":"join","room":"a","after":{{long.MaxValue}}}""")).After);

    [Fact]
    public void Read_WhenTheMetaLimitIsZero_RefusesAnEmptyObject() =>
        Assert.Equal(ChatErrorCode.TooLarge, Wire.Error(Meta("{}"), Small with { MetaBytes = 0 }).Code);

    private static List<ParsedCommand> Pings(int count) =>
        Wire.Read(string.Join('\n', Enumerable.Repeat("""{"t":"ping","id":"1"}""", count)), Small);

    private static string Times(int count, string what = "x") => string.Concat(Enumerable.Repeat(what, count));

    private static string Ping(string id) => $$"""{"t":"ping","id":"{{id}}"}""";

    private static string Who(string room) => $$"""{"t":"who","room":"{{room}}"}""";

    private static string Text(string text) => $$"""{"t":"send","id":"1","room":"a","text":"{{text}}"}""";

    private static string Emoji(string text) => $$"""{"t":"send","id":"1","room":"a","kind":"react","ref":1,"text":"{{text}}"}""";

    private static string Meta(string meta) => $$"""{"t":"send","id":"1","room":"a","text":"x","meta":{{meta}}}""";

    private static string Auth(string token) => $$"""{"t":"auth","token":"{{token}}"}""";

    private static string Title(string text) => $$"""{"t":"send","id":"1","room":"a","kind":"title","text":"{{text}}"}""";

    private static string Create(string title) => $$"""{"t":"create","title":"{{title}}"}""";

    private static string Reason(string text) => $$"""{"t":"report","room":"a","ref":1,"text":"{{text}}"}""";

    private static string After(string user) => $$"""{"t":"members","room":"a","after":"{{user}}"}""";

    private static string Device(string device) => $$"""{"t":"hello","device":"{{device}}"}""";

    private static string Epoch(string epoch) => $$"""{"t":"join","room":"a","after":1,"epoch":"{{epoch}}"}""";

    private static string Rooms(params string[] rooms)
    {
        var cursors = rooms.Select(room => $$"""  "{{room}}":{"seq":1}  """);
        return $$"""{"t":"hello","rooms":{ {{string.Join(',', cursors)}} } }""";
    }
}
