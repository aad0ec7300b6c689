using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class AckCheckTests
{
    [Fact]
    public void WhatIsAckedOnceInTheLog_Holds() => Assert.Empty(AckCheck.Find(HandMade.Of(5).History));

    [Fact]
    public void AnAckedSendThatIsNotInTheLog_IsLost()
    {
        var made = HandMade.Of(2);
        made.Acked(HandMade.Ann, 3);

        var violation = HandMade.One(AckCheck.Find(made.History));

        Assert.Equal(AckCheck.Lost, violation.Promise);
        Assert.StartsWith("send 2 of ann to lobby: sent at 0.002 s, ok with sequence 3", violation.Lines[0], StringComparison.Ordinal);
        Assert.Equal("the log ends at 2", violation.Lines[1]);
    }

    [Fact]
    public void AnAckedSendAtAnotherSequence_IsNamedWithWhatStandsThere()
    {
        var made = HandMade.Of(1);
        made.Store(made.Acked(HandMade.Ann, 1));

        var violation = HandMade.One(AckCheck.Find(made.History));

        Assert.Equal(AckCheck.Moved, violation.Promise);
        Assert.StartsWith("the log has at 1: send 0 of ann", violation.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void ASendThatIsInTheLogTwice_IsNamedWithBothSequences()
    {
        var made = HandMade.Of(2);
        made.Store(0);

        var violation = HandMade.One(AckCheck.Find(made.History));

        Assert.Equal(AckCheck.Doubled, violation.Promise);
        Assert.Contains("at 1 and at 3", violation.What, StringComparison.Ordinal);
    }

    [Theory, InlineData(0, 0), InlineData(1, 0), InlineData(2, 1)]
    public void ASendWithoutAnAnswer_MayBeInTheLogOnce(int times, int violations)
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
    public void ARefusedSend_IsNotInTheLog_UnlessAnEarlierAttemptStoredIt(int attempts, int violations)
    {
        var made = HandMade.Of(1);
        made.Store(made.Without(Outcome.Refused, attempts));

        Assert.Equal(violations, AckCheck.Find(made.History).Count(violation => violation.Promise == AckCheck.Refused));
    }

    [Fact]
    public void TwoAnswersWithTwoSequences_AreNamed()
    {
        var history = HandMade.Of(2).History with { Contradictions = [new(0, 1, 2)] };

        Assert.Equal("One send was answered twice, with 1 and with 2.", HandMade.One(AckCheck.Find(history)).What);
    }

    [Fact]
    public void AnErrorThatAGoodSendMustNotGet_IsNamed()
    {
        var history = HandMade.Of(1).History with { Refusals = [new(0, "conflict", "another body", 5_000_000)] };

        Assert.Equal("A send got 'conflict' (another body) at 5.000 s.", HandMade.One(AckCheck.Find(history)).What);
    }
}
