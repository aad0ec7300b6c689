using System.Text;
using FsCheck.Fluent;
using OrleansChat.Protocol.Text;

namespace OrleansChat.Protocol.Tests.Text;

/// <summary>What a person types, and what it means.</summary>
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
        { "/leave", new LeaveRoom(null) },
        { "/leave lobby", new LeaveRoom("lobby") },
        { "/rooms", new ListRooms() },
        { "/who", new WhoIsHere() },
        { "/msg bob psst  it", new Whisper("bob", "psst  it") },
        { "/msg @bob psst", new Whisper("bob", "psst") },
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
    public void Read_ALine_IsWhatAPersonMeans(string line, TextCommand? command) => Assert.Equal(command, TextCommandReader.Read(line, Limits));

    [Theory]
    [InlineData("/join", "/join room")]
    [InlineData("/join The Lobby", "a-z")]
    [InlineData("/leave Lobby!", "a-z")]
    [InlineData("/msg", "missing")]
    [InlineData("/msg bob", "missing")]
    [InlineData("/msg a:b hello", "a user is")]
    [InlineData("/last none", "/last 20")]
    [InlineData("/last 0", "/last 20")]
    [InlineData("/last -1", "/last 20")]
    [InlineData("/me", "missing")]
    [InlineData("/nick", "a user is")]
    [InlineData("/nick two words", "a user is")]
    public void Read_ACommandTypedWrongly_SaysHowItGoes(string line, string names)
    {
        var wrong = Assert.IsType<Mistyped>(TextCommandReader.Read(line, Limits));

        Assert.Equal(ErrorCode.BadRequest, wrong.Code);
        Assert.Contains(names, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0123456789", "0123456789x")]
    [InlineData("/me 0123456789", "/me 0123456789x")]
    [InlineData("/msg bob 0123456789", "/msg bob 0123456789x")]
    [InlineData("//123456789", "//1234567890")]
    [InlineData("😀😀😀😀😀", "😀😀😀😀😀x")]
    public void Read_ATextAtItsLimit_IsFine_AndOneOver_IsTooLarge(string at, string over)
    {
        Assert.IsNotType<Mistyped>(TextCommandReader.Read(at, Limits));
        Assert.Equal(ErrorCode.TooLarge, Assert.IsType<Mistyped>(TextCommandReader.Read(over, Limits)).Code);
    }

    [Fact]
    public void Read_BytesThatAreNotUtf8_AreReadAsReplacements() =>
        Assert.Equal(new Say("a\uFFFDb"), TextCommandReader.Read([(byte)'a', 0xFF, (byte)'b'], Limits));

    [Fact]
    public void AnyBytes_GiveACommandOrNothing_AndNeverALineBreak() => Properties.ForAll(
        Gen.OneOf(Generated.Bytes, Generated.Bytes.Select<byte[], byte[]>(bytes => [(byte)'/', .. bytes]), Generated.Text.Select(Encoding.UTF8.GetBytes)),
        bytes => TextCommandReader.Read(bytes, Limits) is not Say { Text: var text } || (text.Length > 0 && !text.Contains('\n', StringComparison.Ordinal)));

    [Fact]
    public void Help_NamesEveryCommandOnce() => Assert.All(
        ["/join", "/leave", "/rooms", "/who", "/msg", "/last", "/me", "/nick", "/quit", "//"],
        word => Assert.Single(TextHelp.Lines, line => line.StartsWith($"* {word}", StringComparison.Ordinal)));
}
