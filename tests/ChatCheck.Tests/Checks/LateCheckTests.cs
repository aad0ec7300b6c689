using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class LateCheckTests
{
    private static readonly LateEvent Late = new(HandMade.Bob, HandMade.Room, 1, 0, AnsweredAt: 50_000_000, CameAt: 58_500_000);

    [Fact]
    public void Find_WhenAnEventIsLateWithoutADisturbance_NamesIt()
    {
        var violation = HandMade.One(LateCheck.Find(HandMade.Of(1).History with { Late = [Late] }));

        Assert.Equal("bob was in lobby all the time, but got event 1 only 8.500 s after its ok.", violation.What);
        Assert.Equal("the event reached bob at 58.500 s", violation.Lines[1]);
    }

    [Theory, InlineData(30, 35, 1), InlineData(30, 45, 0), InlineData(55, 70, 0), InlineData(59, 70, 1)]
    public void Find_WhenADisturbanceIsNear_ForgivesALateEvent(int from, int to, int violations)
    {
        var history = HandMade.Of(1).History with { Late = [Late], Disturbances = [new("kill silo-1", null, from * 1_000_000, to * 1_000_000)] };

        Assert.Equal(violations, LateCheck.Find(history).Count());
    }
}
