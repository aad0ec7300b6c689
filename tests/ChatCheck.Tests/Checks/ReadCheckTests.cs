using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class ReadCheckTests
{
    [Fact]
    public void Find_WhenPagesEqualTheLog_ReturnsNothing() => Assert.Empty(Find(
        Page(own: 1, new MessageLogEntry(2, 1), new MessageLogEntry(3, 2)), Newest(5, new MessageLogEntry(4, 3), new MessageLogEntry(5, 4)), Page(own: null)));

    [Fact]
    public void Find_WhenAPageLacksTheReadersOwnSend_ReportsIt()
    {
        Assert.Equal(ReadCheck.OwnWrites, HandMade.One(Find(Page(own: 1))).Promise);

        var violation = HandMade.One(Find(Page(own: 1, new MessageLogEntry(3, 2))));

        Assert.Equal("ann asked for history of lobby at 1.000 s, starting at a message that ann had sent; the page did not begin with this message.", violation.What);
        Assert.Equal("the page: 3 to 3", violation.Lines[1]);
    }

    [Fact]
    public void Find_WhenTheNewestPageIsBehindItsReader_ReportsIt() =>
        Assert.Equal(ReadCheck.Newest, HandMade.One(Find(Newest(5, new MessageLogEntry(3, 2), new MessageLogEntry(4, 3)))).Promise);

    [Fact]
    public void Find_WhenAPageDiffersFromTheLog_NamesBothEvents()
    {
        var violation = HandMade.One(Find(Page(own: null, new MessageLogEntry(2, 1), new MessageLogEntry(3, 1))));

        Assert.Equal(ReadCheck.Pages, violation.Promise);
        Assert.StartsWith("in the page, event 3 is send 1", violation.Lines[1], StringComparison.Ordinal);
        Assert.StartsWith("in the log, event 3 is send 2", violation.Lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_WhenAPageHasAHole_ReportsIt() =>
        Assert.Equal(ReadCheck.Pages, HandMade.One(Find(Page(own: null, new MessageLogEntry(2, 1), new MessageLogEntry(4, 3)))).Promise);

    private static PageSeen Page(int? own, params MessageLogEntry[] entries) => new(HandMade.Ann, HandMade.Room, 1_000_000, 0, own, entries);

    private static PageSeen Newest(int atLeast, params MessageLogEntry[] entries) => new(HandMade.Ann, HandMade.Room, 1_000_000, atLeast, null, entries);

    private static IEnumerable<Violation> Find(params PageSeen[] pages) => ReadCheck.Find(HandMade.Of(5).History with { Pages = pages });
}
