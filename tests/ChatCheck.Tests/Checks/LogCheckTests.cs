using OrleansChat.ChatCheck.Checks;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class LogCheckTests
{
    [Fact]
    public void Find_WhenTheLogIsDense_ReturnsNothing() => Assert.Empty(LogCheck.Find(HandMade.Of(5).History));

    [Fact]
    public void Find_WhenASequenceIsMissing_NamesItsNeighbours()
    {
        var made = HandMade.Of(3);
        made.Log.RemoveAt(1);

        var violation = HandMade.One(LogCheck.Find(made.History));

        Assert.Equal(LogCheck.Dense, violation.Promise);
        Assert.Equal("In the log of lobby, sequence 2 is missing.", violation.What);
        Assert.StartsWith("1: send 0 of ann", violation.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("3: send 2 of ann", violation.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_WhenASequenceRepeats_NamesIt()
    {
        var made = HandMade.Of(2);
        made.Log.Add(new(2, made.Acked(HandMade.Ann, 2)));

        Assert.Equal("In the log of lobby, sequence 2 follows 2.", HandMade.One(LogCheck.Find(made.History)).What);
    }

    [Fact]
    public void Find_WhenAnEventWasNeverSent_ShowsTheEvent()
    {
        var made = HandMade.Of(1);
        made.Log.Add(new(2, ~0));

        var violation = HandMade.One(LogCheck.Find(made.History));

        Assert.Equal(LogCheck.Phantom, violation.Promise);
        Assert.Contains("who?", violation.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_WhenAnEventBelongsToAnotherRoom_ReportsAPhantom()
    {
        var made = HandMade.Of(1);
        var history = made.History with { Logs = [[], made.Log] };

        Assert.Equal(LogCheck.Phantom, HandMade.One(LogCheck.Find(history)).Promise);
    }
}
