using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class StreamCheckTests
{
    [Fact]
    public void TheLogAsItIs_Holds() => Assert.Empty(StreamCheck.Find(HandMade.Of(10).History));

    [Fact]
    public void TheLogOverAResumeAndANamedGap_Holds() =>
        Assert.Empty(Find(Item.Event(1, 0), Item.Joined(1, 8), Item.Event(2, 1), Item.Joined(2, 9), Item.Gap(3, 4), Item.Event(5, 4)));

    [Fact]
    public void ASilentHole_IsNamed()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Event(3, 2), Item.Event(4, 3), Item.Event(5, 4)));

        Assert.Equal(StreamCheck.Hole, violation.Promise);
        Assert.Equal("bob in lobby got 3 after 1, and no gap named what lies between.", violation.What);
        Assert.Equal(["joined after 0 (connection 7)", "event 1: send 0", "event 3: send 2"], violation.Lines.Select(Short));
    }

    [Fact]
    public void AnEventTwice_IsNamed()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 1), Item.Event(2, 1), Item.Event(3, 2), Item.Event(4, 3), Item.Event(5, 4)));

        Assert.Equal(StreamCheck.Double, violation.Promise);
        Assert.Equal("bob in lobby got 2 although it had everything up to 2.", violation.What);
    }

    [Fact]
    public void AnEventTwice_AlsoOverAResume_IsNamed() =>
        Assert.Equal(StreamCheck.Double, HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 1), Item.Joined(2, 8), Item.Event(2, 1))).Promise);

    [Fact]
    public void AnotherEventThanTheLogs_IsNamedWithBoth()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 2), Item.Event(3, 1), Item.Event(4, 3), Item.Event(5, 4)));

        Assert.Equal(StreamCheck.Order, violation.Promise);
        Assert.StartsWith("the log has at 2: send 1 of ann", violation.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void AnEventPastTheLogsEnd_IsNamed() => Assert.Equal(
        "bob in lobby got 6, and the log ends at 5.", HandMade.One(Find([.. Enumerable.Range(1, 6).Select(seq => Item.Event(seq, seq - 1))])).What);

    [Fact]
    public void AResumeThatStartsElsewhere_IsNamed()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Joined(3, 8), Item.Event(4, 3), Item.Event(5, 4)));

        Assert.Equal(StreamCheck.Resume, violation.Promise);
        Assert.Equal("bob in lobby came with its cursor at 1 and was started after 3.", violation.What);
    }

    [Fact]
    public void AReset_IsNamed() =>
        Assert.Equal(StreamCheck.Resume, HandMade.One(Find(Item.Event(1, 0), new(ItemKind.Reset, 1, 8), Item.Event(2, 1))).Promise);

    [Theory, InlineData(4, 4), InlineData(2, 4), InlineData(3, 2), InlineData(3, 9)]
    public void AGapThatDoesNotNameWhatComesNext_IsNamed(int from, int to) =>
        Assert.Equal(StreamCheck.Gap, HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 1), Item.Gap(from, to))).Promise);

    [Fact]
    public void AReaderThatDoesNotReachTheHead_IsNamedWithWhatItLacks()
    {
        var violation = HandMade.One(Find(Item.Event(1, 0), Item.Event(2, 1), Item.Event(3, 2), Item.Event(4, 3)));

        Assert.Equal(StreamCheck.Head, violation.Promise);
        Assert.Equal("bob in lobby stayed at 4, where the log ends at 5.", violation.What);
        Assert.StartsWith("the log has at 5: send 4 of ann", violation.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void AReaderThatBeganLater_IsComparedFromThere()
    {
        var made = HandMade.Of(5);
        made.Streams.Add(new(HandMade.Bob, HandMade.Room, 3, [Item.Joined(3, 9), Item.Event(4, 3)], Settled: true));

        Assert.Equal("bob in lobby stayed at 4, where the log ends at 5.", HandMade.One(StreamCheck.Find(made.History)).What);
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
