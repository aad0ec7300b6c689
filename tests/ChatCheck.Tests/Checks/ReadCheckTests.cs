using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class ReadCheckTests
{
    [Fact]
    public void PagesOfTheLog_Hold() => Assert.Empty(Find(
        Page(own: 1, new LogEntry(2, 1), new LogEntry(3, 2)), Newest(5, new LogEntry(4, 3), new LogEntry(5, 4)), Page(own: null)));

    [Fact]
    public void APageWithoutTheOwnWrite_IsNamed()
    {
        Assert.Equal(ReadCheck.OwnWrites, HandMade.One(Find(Page(own: 1))).Promise);

        var violation = HandMade.One(Find(Page(own: 1, new LogEntry(3, 2))));

        Assert.Equal("ann asked for lobby at 1.000 s, and its own send was not where ok had put it.", violation.What);
        Assert.Equal("the page: 3 to 3", violation.Lines[1]);
    }

    [Fact]
    public void ANewestPageThatIsBehindItsReader_IsNamed() =>
        Assert.Equal(ReadCheck.Newest, HandMade.One(Find(Newest(5, new LogEntry(3, 2), new LogEntry(4, 3)))).Promise);

    [Fact]
    public void APageWithAnotherEventThanTheLogs_IsNamedWithBoth()
    {
        var violation = HandMade.One(Find(Page(own: null, new LogEntry(2, 1), new LogEntry(3, 1))));

        Assert.Equal(ReadCheck.Pages, violation.Promise);
        Assert.StartsWith("the page has at 3: send 1", violation.Lines[1], StringComparison.Ordinal);
        Assert.StartsWith("the log has at 3: send 2", violation.Lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void APageWithAHole_IsNamed() =>
        Assert.Equal(ReadCheck.Pages, HandMade.One(Find(Page(own: null, new LogEntry(2, 1), new LogEntry(4, 3)))).Promise);

    private static PageSeen Page(int? own, params LogEntry[] entries) => new(HandMade.Ann, HandMade.Room, 1_000_000, 0, own, entries);

    private static PageSeen Newest(int atLeast, params LogEntry[] entries) => new(HandMade.Ann, HandMade.Room, 1_000_000, atLeast, null, entries);

    private static IEnumerable<Violation> Find(params PageSeen[] pages) => ReadCheck.Find(HandMade.Of(5).History with { Pages = pages });
}
