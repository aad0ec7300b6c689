using OrleansChat.ChatCheck.Checks;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class OrderCheckTests
{
    [Fact]
    public void Find_WhenTheLogHasTheOrderOfSending_ReturnsNothing() => Assert.Empty(OrderCheck.Find(HandMade.Of(10).History));

    [Fact]
    public void Find_WhenSendsOfAConnectionChangeOrder_NamesBoth()
    {
        var made = new HandMade();
        var (first, second) = (Together(made, 2), Together(made, 1));
        made.Store(second);
        made.Store(first);

        var violation = HandMade.One(OrderCheck.Find(made.History));

        Assert.Equal(OrderCheck.Sender, violation.Promise);
        Assert.Equal("In the log of lobby, event 1 was sent after event 2, on the same connection.", violation.What);
        Assert.StartsWith("1: send 1 of ann", violation.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("2: send 0 of ann", violation.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_WhenASendWasRetried_AllowsItAfterLaterSends()
    {
        var made = new HandMade();
        var (first, second) = (Together(made, 2, attempts: 2), Together(made, 1));
        made.Store(second);
        made.Store(first);

        Assert.Empty(OrderCheck.Find(made.History));
    }

    [Fact]
    public void Find_WhenASendPrecedesAnAcknowledgedOne_ReportsIt()
    {
        var made = new HandMade();
        var first = made.Acked(HandMade.Ann, 2, connection: 1);
        var second = made.Acked(HandMade.Bob, 1, connection: 2);
        made.Store(second);
        made.Store(first);

        var violation = HandMade.One(OrderCheck.Find(made.History));

        Assert.Equal(OrderCheck.Time, violation.Promise);
        Assert.Equal("In the log of lobby, event 1 was sent after event 2 had been acked.", violation.What);
    }

    [Fact]
    public void Find_WhenSendsOverlap_AllowsAnyOrder()
    {
        var made = new HandMade();
        var first = Together(made, 2);
        var second = made.Acked(HandMade.Bob, 1, connection: 2);
        made.Store(second);
        made.Store(first);

        Assert.Empty(OrderCheck.Find(made.History));
    }

    /// <summary>
    /// Adds a send by Ann that gets <c>ok</c> only at 1 s. All other sends of the test begin before that, so they
    /// overlap with this send.
    /// </summary>
    private static int Together(HandMade made, int seq, int attempts = 1)
    {
        var send = made.Acked(HandMade.Ann, seq, attempts: attempts);
        made.History.Sends[send].AnsweredAt = 1_000_000;
        return send;
    }
}
