using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

/// <summary>
/// In each test, Bob is in the lobby through gateway-1 from 1 s to 30 s, and has no connection from 30 s to 60 s. Ann
/// asks, through gateway-2, who is in the lobby.
/// </summary>
public sealed class PresenceCheckTests
{
    [Theory]
    [InlineData(5, false)]  // Bob entered less than 10 s before Ann asks.
    [InlineData(20, true)]
    [InlineData(35, true)]  // Bob left less than 10 s before Ann asks.
    [InlineData(50, false)]
    [InlineData(61, true)]  // Bob's absence ended at 60 s.
    public void Find_WhenPresenceIsRightWithinTheBound_ReturnsNothing(int at, bool seen) => Assert.Empty(Find(at, seen));

    [Fact]
    public void Find_WhenAnAttachedUserIsNotListed_ReportsThemAsMissing()
    {
        var violation = HandMade.One(Find(20, seen: false));

        Assert.Equal(PresenceCheck.Missing, violation.Promise);
        Assert.Equal("ann asked who is in lobby at 20.000 s; bob had been there since 1.000 s, but was not listed.", violation.What);
        Assert.Equal("bob was in the room through gateway-1 from 1.000 s to 30.000 s", violation.Lines[0]);
    }

    [Fact]
    public void Find_WhenAnAbsentUserIsListed_ReportsThemAsStale()
    {
        var violation = HandMade.One(Find(45, seen: true));

        Assert.Equal(PresenceCheck.Stale, violation.Promise);
        Assert.Equal("ann asked who is in lobby at 45.000 s; bob had been gone since 30.000 s, but was still listed.", violation.What);
        Assert.Equal("bob had no connection from 30.000 s to 60.000 s", violation.Lines[1]);
    }

    [Fact]
    public void Find_WhenAGatewayDied_ReportsAStaleUserAfterTheBound() =>
        Assert.Single(Find(45, seen: true, new Disturbance("kill gateway-1", 0, Second(30), Second(36))));

    [Theory]
    [InlineData(null, 30, 36)] // A silo was killed, and returned less than 10 s before Ann asks.
    [InlineData(1, 44, 44)]    // The gateway that Ann asks was killed.
    public void Find_WhenADisturbanceLasts_ReturnsNothing(int? gateway, int from, int to) =>
        Assert.Empty(Find(45, seen: true, new Disturbance("kill", gateway, Second(from), Second(to))));

    [Fact]
    public void Find_WhenAGatewayWasStopped_AllowsItsUserToBeMissing() =>
        Assert.Empty(Find(20, seen: false, new Disturbance("stop gateway-1", 0, Second(3), Second(5))));

    private static IEnumerable<Violation> Find(int at, bool seen, params Disturbance[] disturbances) => PresenceCheck.Find(HandMade.Of(1).History with
    {
        Stays = [new(HandMade.Bob, HandMade.Room, 0, Second(1), Second(30))],
        Absences = [new(HandMade.Bob, Second(30), Second(60))],
        Whos = [new(HandMade.Ann, HandMade.Room, 1, Second(at), Second(at), seen ? [HandMade.Bob] : [])],
        Disturbances = disturbances,
    });

    private static long Second(int second) => second * 1_000_000L;
}
