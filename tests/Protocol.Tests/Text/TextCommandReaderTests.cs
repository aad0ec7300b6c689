using System.Text;
using FsCheck.Fluent;
using OrleansChat.Protocol.Text;

namespace OrleansChat.Protocol.Tests.Text;

public sealed class TextCommandReaderTests
{
    private static readonly ProtocolLimits Limits = new() { TextCharacters = 10, TextBytes = 20, HistoryEvents = 50 };

    public static TheoryData<string, TextCommand?> Typed => new()
    {
        { "hello", new Say("hello") },
        { "  héllo 😀 \r\n", new Say("héllo 😀") },
        { "a\nb\r\nc\u2028d", new Say("a b c d") },
        { "a\0b", new Say("a\uFFFDb") },
        { "//x", new Say("/x") },
        { " //x", new Say("/x") },
        { "/join lobby", new JoinRoom("lobby") },
        { "/JOIN   lobby ", new JoinRoom("lobby") },
        { "/join @bob", new JoinRoom("@bob") },
        { "/join team  abcdefghijklmnopqrstuvwxyz", new JoinRoom("team", "abcdefghijklmnopqrstuvwxyz") },
        { "/link", new MakeLink(null) },
        { "/link 1", new MakeLink(1) },
        { "/link 1000", new MakeLink(1000) },
        { "/topic  Our plans: ü", new Retitle("Our plans: ü") },
        { "/invite bob", new ChangeMember(EventKind.Invite, "bob") },
        { "/invite @ann@x.org", new ChangeMember(EventKind.Invite, "ann@x.org") },
        { "/kick a%3Ab", new ChangeMember(EventKind.Kick, "a:b") },
        { "/mute bob", new ChangeMember(EventKind.Mute, "bob") },
        { "/mute bob  10", new ChangeMember(EventKind.Mute, "bob", 10) },
        { "/mute bob 525600", new ChangeMember(EventKind.Mute, "bob", 525_600) },
        { "/unmute bob", new ChangeMember(EventKind.Unmute, "bob") },
        { "/leave", new LeaveRoom(null) },
        { "/leave lobby", new LeaveRoom("lobby") },
        { "/rooms", new ListRooms() },
        { "/list", new ListConversations() },
        { "/who", new WhoIsHere() },
        { "/msg bob psst  it", new Whisper("bob", "psst  it") },
        { "/msg @bob psst", new Whisper("bob", "psst") },
        { "/msg a:b psst", new Whisper("a:b", "psst") },
        { "/msg a%3Ab psst", new Whisper("a:b", "psst") },
        { "/msg a%3ab psst", new Whisper("a:b", "psst") },
        { "/msg a%253Ab psst", new Whisper("a%3Ab", "psst") },
        { "/msg 100% psst", new Whisper("100%", "psst") },
        { "/msg ann@x.org psst", new Whisper("ann@x.org", "psst") },
        { "/join @a%3Ab", new JoinRoom("@a:b") },
        { "/leave @a:b", new LeaveRoom("@a:b") },
        { "/last", new Last(20) },
        { "/last 7", new Last(7) },
        { "/last 51", new Last(50) },
        { "/me waves", new Me("waves") },
        { "/nick 张三", new Nick("张三") },
        { "/help", new Help() },
        { "/quit", new Quit() },
        { "/dance now", new Unknown("dance") },
        { "/", new Unknown("") },
        { "", null },
        { " \r\n\t", null },
    };

    [Theory, MemberData(nameof(Typed))]
    public void Read_WhenGivenALine_ReturnsItsCommand(string line, TextCommand? command) => Assert.Equal(command, TextCommandReader.Read(line, Limits));

    [Theory]
    [InlineData("/join", "/join room")]
    [InlineData("/join The Lobby", "a-z")]
    [InlineData("/join team code", "/join room code")]
    [InlineData("/link 0", "/link 10")]
    [InlineData("/link 1001", "from 1 to 1000")]
    [InlineData("/link many", "/link 10")]
    [InlineData("/topic", "/topic title")]
    [InlineData("/topic a\u0007b", "control character")]
    [InlineData("/invite", "/invite bob")]
    [InlineData("/invite bob dan", "a user is")]
    [InlineData("/kick @", "/kick bob")]
    [InlineData("/mute", "a user is")]
    [InlineData("/mute bob 0", "from 1 to 525600")]
    [InlineData("/mute bob 525601", "from 1 to 525600")]
    [InlineData("/mute bob ten", "/mute bob 10")]
    [InlineData("/unmute bob 10", "/unmute bob")]
    [InlineData("/leave Lobby!", "a-z")]
    [InlineData("/msg", "missing")]
    [InlineData("/msg bob", "missing")]
    [InlineData("/msg @@a hello", "a user is")]
    [InlineData("/nick guest-1", "a user is")]
    [InlineData("/last none", "/last 20")]
    [InlineData("/last 0", "/last 20")]
    [InlineData("/last -1", "/last 20")]
    [InlineData("/me", "missing")]
    [InlineData("/nick", "a user is")]
    [InlineData("/nick two words", "a user is")]
    public void Read_WhenACommandIsMistyped_ExplainsTheMistake(string line, string names)
    {
        var wrong = Assert.IsType<Mistyped>(TextCommandReader.Read(line, Limits));

        Assert.Equal(ChatErrorCode.BadRequest, wrong.Code);
        Assert.Contains(names, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0123456789", "0123456789x")]
    [InlineData("/me 0123456789", "/me 0123456789x")]
    [InlineData("/msg bob 0123456789", "/msg bob 0123456789x")]
    [InlineData("//123456789", "//1234567890")]
    [InlineData("😀😀😀😀😀", "😀😀😀😀😀x")]
    public void Read_WhenATextExceedsItsLimit_ReturnsTooLarge(string at, string over)
    {
        Assert.IsNotType<Mistyped>(TextCommandReader.Read(at, Limits));
        Assert.Equal(ChatErrorCode.TooLarge, Assert.IsType<Mistyped>(TextCommandReader.Read(over, Limits)).Code);
    }

    [Fact]
    public void Topic_WhenItExceedsItsLimit_IsTooLarge()
    {
        var title = string.Concat(Enumerable.Repeat("😀", Bounds.TitleCharacters));

        Assert.Equal(new Retitle(title), TextCommandReader.Read($"/topic {title}", Limits));
        Assert.Equal(ChatErrorCode.TooLarge, Assert.IsType<Mistyped>(TextCommandReader.Read($"/topic {title}x", Limits)).Code);
    }

    [Fact]
    public void Whisper_WhenTheIdIsEscaped_ReachesTheUser()
    {
        string[] pieces = ["", "%", "2", "5", "3", "A", "a", ":"];
        var ids = from a in pieces from b in pieces from c in pieces from d in pieces from e in pieces select $"x{a}{b}{c}{d}{e}";

        var written = ids.Distinct().ToDictionary(id => id, TextId.Write);

        Assert.All(written, pair => Assert.Equal(new Whisper(pair.Key, "psst"), TextCommandReader.Read($"/msg {pair.Value} psst", Limits)));
        Assert.All(written.Values, line => Assert.DoesNotContain(':', line));
        Assert.Distinct(written.Values);
    }

    [Fact]
    public void Read_WhenBytesAreNotUtf8_ReplacesThem() =>
        Assert.Equal(new Say("a\uFFFDb"), TextCommandReader.Read([(byte)'a', 0xFF, (byte)'b'], Limits));

    [Fact]
    public void Read_WhenGivenAnyBytes_ReturnsNoLineBreak() => Properties.ForAll(
        Gen.OneOf(Generated.Bytes, Generated.Bytes.Select<byte[], byte[]>(bytes => [(byte)'/', .. bytes]), Generated.Text.Select(Encoding.UTF8.GetBytes)),
        bytes => TextCommandReader.Read(bytes, Limits) is not Say { Text: var text } || (text.Length > 0 && !text.Contains('\n', StringComparison.Ordinal)));

    [Fact]
    public void Help_WhenShown_NamesEveryCommandOnce() => Assert.All(
        ["/join", "/link", "/topic", "/invite", "/kick", "/mute", "/unmute", "/leave", "/rooms", "/list", "/who", "/msg", "/last", "/me", "/nick", "/quit", "//"],
        word => Assert.Single(TextHelp.Lines, line => line.StartsWith($"* {word}", StringComparison.Ordinal)));
}
