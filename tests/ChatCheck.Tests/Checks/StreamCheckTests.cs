using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class StreamCheckTests
{
    [Fact]
    public void Find_WhenTheStreamEqualsTheLog_ReturnsNothing() => Assert.Empty(StreamCheck.Find(HandMade.Of(10).History));

    [Fact]
    public void Find_WhenAGapNamesTheMissingEvents_ReturnsNothing() =>
        Assert.Empty(Find(Item.Event(1, 0), Item.Joined(1, 8), Item.Event(2, 1), Item.Joined(2, 9), Item.Gap(3, 4), Item.Event(5, 4)));

    [Fact]
    public void Find_WhenAnEventIsMissingWithoutAGap_ReportsAHole()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Event(3, 2), Item.Event(4, 3), Item.Event(5, 4)));

        Assert.Equal(StreamCheck.SilentGap, violation.Promise);
        Assert.Equal("bob in lobby had everything up to 1 and then got event 3, but no gap frame for the events between.", violation.What);
        Assert.Equal(["joined: delivery starts after 0 (connection 7)", "event 1: send 0", "event 3: send 2"], violation.Lines.Select(Short));
    }

    [Fact]
    public void Find_WhenAnEventArrivesTwice_ReportsADouble()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 1), Item.Event(2, 1), Item.Event(3, 2), Item.Event(4, 3), Item.Event(5, 4)));

        Assert.Equal(StreamCheck.Double, violation.Promise);
        Assert.Equal("bob in lobby already had everything up to 2, but got event 2.", violation.What);
    }

    [Fact]
    public void Find_WhenAnEventArrivesAgainAfterAResume_ReportsADouble() =>
        Assert.Equal(StreamCheck.Double, HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 1), Item.Joined(2, 8), Item.Event(2, 1))).Promise);

    [Fact]
    public void Find_WhenAnEventDiffersFromTheLog_NamesTheEventOfTheLog()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 2), Item.Event(3, 1), Item.Event(4, 3), Item.Event(5, 4)));

        Assert.Equal(StreamCheck.Order, violation.Promise);
        Assert.StartsWith("in the log, event 2 is send 1 of ann", violation.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_WhenAnEventIsPastTheEndOfTheLog_NamesIt() => Assert.Equal(
        "bob in lobby got event 6, but the log ends at 5.", HandMade.One(Find([.. Enumerable.Range(1, 6).Select(seq => Item.Event(seq, seq - 1))])).What);

    [Fact]
    public void Find_WhenAResumeSkipsEvents_NamesBothPositions()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Joined(3, 8), Item.Event(4, 3), Item.Event(5, 4)));

        Assert.Equal(StreamCheck.Resume, violation.Promise);
        Assert.Equal("bob in lobby joined with its cursor at 1, but delivery started after 3.", violation.What);
    }

    [Fact]
    public void Find_WhenAResumeIsAReset_ReportsIt() =>
        Assert.Equal(StreamCheck.Resume, HandMade.One(Find(Item.Event(1, 0), new(ItemKind.Reset, 1, 8), Item.Event(2, 1))).Promise);

    [Theory, InlineData(4, 4), InlineData(2, 4), InlineData(3, 2), InlineData(3, 9)]
    public void Find_WhenAGapNamesTheWrongEvents_ReportsTheGap(int from, int to) =>
        Assert.Equal(StreamCheck.Gap, HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 1), Item.Gap(from, to))).Promise);

    [Fact]
    public void Find_WhenAReaderDoesNotReachTheHead_NamesTheMissingEvent()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 1), Item.Event(3, 2), Item.Event(4, 3)));

        Assert.Equal(StreamCheck.Head, violation.Promise);
        Assert.Equal("bob in lobby stopped at 4, but the log ends at 5.", violation.What);
        Assert.StartsWith("in the log, event 5 is send 4 of ann", violation.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_WhenAReaderStartsLater_ComparesFromItsStart()
    {
        var made = HandMade.Of(5);
        made.Streams.Add(new(HandMade.Bob, HandMade.Room, 3, [Item.Joined(3, 9), Item.Event(4, 3)], Settled: true));

        Assert.Equal("bob in lobby stopped at 4, but the log ends at 5.", HandMade.One(StreamCheck.Find(made.History)).What);
    }

    private static IEnumerable<Violation> Find(params Item[] items)
    {
        var made = HandMade.Of(5);
        made.Streams.Clear();
        made.Stream(items);
        return StreamCheck.Find(made.History);
    }

    private static string Short(string line) => line.Split(" of ")[0];
}
