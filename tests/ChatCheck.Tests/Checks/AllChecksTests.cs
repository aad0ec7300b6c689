using OrleansChat.ChatCheck.Checks;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class AllChecksTests
{
    [Fact]
    public void Find_WhenTheHistoryHolds_ReturnsNothing() => Assert.Empty(AllChecks.Find(HandMade.Of(100).History));

    [Fact]
    public void Find_WhenOnePromiseBreaksOften_ReturnsThreeViolations()
    {
        var made = HandMade.Of(100);
        made.Log.Clear();
        made.Streams.Clear();

        Assert.All(AllChecks.Find(made.History), violation => Assert.Equal(AckCheck.Lost, violation.Promise));
        Assert.Equal(3, AllChecks.Find(made.History).Count);
    }
}
