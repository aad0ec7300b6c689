using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

/// <summary>Bob is in the lobby by gateway-1 from second 1 to second 30, and gone from then to second 60; Ann asks by gateway-2.</summary>
public sealed class PresenceCheckTests
{
    [Theory]
    [InlineData(5, false)]  // Not there for the bound yet.
    [InlineData(20, true)]
    [InlineData(35, true)]  // Not gone for the bound yet.
    [InlineData(50, false)]
    [InlineData(61, true)]  // He is coming back.
    public void WhatIsRightWithinTheBound_Holds(int at, bool seen) => Assert.Empty(Find(at, seen));

    [Fact]
    public void SomebodyWhoIsThere_AndNotNamed_IsMissing()
    {
        var violation = HandMade.One(Find(20, seen: false));

        Assert.Equal(PresenceCheck.Missing, violation.Promise);
        Assert.Equal("ann asked who is in lobby at 20.000 s, and bob, there since 1.000 s, was not named.", violation.What);
        Assert.Equal("bob was in the room by gateway-1 from 1.000 s to 30.000 s", violation.Lines[0]);
    }

    [Fact]
    public void SomebodyWhoIsGone_AndStillNamed_IsStale()
    {
        var violation = HandMade.One(Find(45, seen: true));

        Assert.Equal(PresenceCheck.Stale, violation.Promise);
        Assert.Equal("ann asked who is in lobby at 45.000 s, and bob, gone since 30.000 s, was still named.", violation.What);
        Assert.Equal("bob had no connection from 30.000 s to 60.000 s", violation.Lines[1]);
    }

    [Fact]
    public void WhenHisGatewayDied_ItStillHasToBeRightAfterTheBound() =>
        Assert.Single(Find(45, seen: true, new Disturbance("kill gateway-1", 0, Second(30), Second(36))));

    [Theory]
    [InlineData(null, 30, 36)] // A silo: until the bound has passed since it was back.
    [InlineData(1, 44, 44)]    // The gateway that was asked.
    public void WhileSomethingIsDisturbed_NothingIsJudged(int? gateway, int from, int to) =>
        Assert.Empty(Find(45, seen: true, new Disturbance("kill", gateway, Second(from), Second(to))));

    [Fact]
    public void SomebodyWhoseGatewayWasStopped_MayBeMissing() =>
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
