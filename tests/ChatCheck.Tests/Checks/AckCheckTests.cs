using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class AckCheckTests
{
    [Fact]
    public void Find_WhenEverySendIsInTheLogOnce_ReturnsNothing() => Assert.Empty(AckCheck.Find(HandMade.Of(5).History));

    [Fact]
    public void Find_WhenAnAcknowledgedSendIsNotInTheLog_ReportsItAsLost()
    {
        var made = HandMade.Of(2);
        made.Acked(HandMade.Ann, 3);

        var violation = HandMade.One(AckCheck.Find(made.History));

        Assert.Equal(AckCheck.Lost, violation.Promise);
        Assert.StartsWith("send 2 of ann to lobby: sent at 0.002 s, ok with sequence 3", violation.Lines[0], StringComparison.Ordinal);
        Assert.Equal("the log ends at 2", violation.Lines[1]);
    }

    [Fact]
    public void Find_WhenASendIsAtAnotherSequence_ReportsItAsMoved()
    {
        var made = HandMade.Of(1);
        made.Store(made.Acked(HandMade.Ann, 1));

        var violation = HandMade.One(AckCheck.Find(made.History));

        Assert.Equal(AckCheck.Moved, violation.Promise);
        Assert.StartsWith("in the log, event 1 is send 0 of ann", violation.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_WhenASendIsInTheLogTwice_NamesBothSequences()
    {
        var made = HandMade.Of(2);
        made.Store(0);

        var violation = HandMade.One(AckCheck.Find(made.History));

        Assert.Equal(AckCheck.Doubled, violation.Promise);
        Assert.Contains("at 1 and at 3", violation.What, StringComparison.Ordinal);
    }

    [Theory, InlineData(0, 0), InlineData(1, 0), InlineData(2, 1)]
    public void Find_WhenASendHasNoAnswer_AllowsItOnce(int times, int violations)
    {
        var made = HandMade.Of(1);
        var send = made.Without(Outcome.Unknown);
        for (var time = 0; time < times; time++)
        {
            made.Store(send);
        }

        Assert.Equal(violations, AckCheck.Find(made.History).Count());
    }

    [Theory, InlineData(1, 1), InlineData(2, 0)]
    public void Find_WhenARefusedSendIsInTheLog_AllowsItOnlyAfterARetry(int attempts, int violations)
    {
        var made = HandMade.Of(1);
        made.Store(made.Without(Outcome.Refused, attempts));

        Assert.Equal(violations, AckCheck.Find(made.History).Count(violation => violation.Promise == AckCheck.Refused));
    }

    [Fact]
    public void Find_WhenASendHasTwoSequences_NamesBoth()
    {
        var history = HandMade.Of(2).History with { Contradictions = [new(0, 1, 2)] };

        Assert.Equal("One send got ok twice, with sequence 1 and with sequence 2.", HandMade.One(AckCheck.Find(history)).What);
    }

    [Fact]
    public void Find_WhenAGoodSendGetsAnError_NamesTheError()
    {
        var history = HandMade.Of(1).History with { Refusals = [new(0, "conflict", "another body", 5_000_000)] };

        Assert.Equal("A send got 'conflict' (another body) at 5.000 s.", HandMade.One(AckCheck.Find(history)).What);
    }
}
