using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Users;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Users;

/// <summary>
/// The part of a leased budget that the user's grain keeps. The simulation tests this part together with gateways.
/// </summary>
public sealed class LeasedBudgetTests
{
    private readonly ManualTime _time = new();
    private readonly LeasedBudget _full;
    private readonly LeasedBudget _fresh;

    public LeasedBudgetTests() => (_full, _fresh) = (new(_time, TimeSpan.FromSeconds(1), startsFull: true), new(_time, TimeSpan.FromSeconds(1), startsFull: false));

    [Fact]
    public void Take_WhenTheBudgetIsFull_GrantsTheBurst()
    {
        Assert.Equal(new SendGrant(20, 100), _full.Take(25, 10, 20));
        Assert.Equal(new SendGrant(0, 100), _full.Take(1, 10, 20));

        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(new SendGrant(0, 1), _full.Take(1, 10, 20));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(new SendGrant(1, 100), _full.Take(2, 10, 20));
    }

    [Fact]
    public void Take_WhenCalledOften_LosesNoTime()
    {
        _full.Take(20, 10, 20);
        var granted = 0;

        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(33));
            granted += _full.Take(1, 10, 20).Granted;
        }

        Assert.Equal(33, granted);
    }

    [Theory, InlineData(10, 20), InlineData(1_000_000, 2_000_000)]
    public void Take_WhenLongUnused_GrantsOnlyTheBurst(int perSecond, int burst)
    {
        _fresh.Take(1, perSecond, burst);
        _time.Advance(TimeSpan.FromDays(10_007)); // These ticks, multiplied by a million, do not fit in 64 bits.

        Assert.Equal(burst, _fresh.Take(int.MaxValue, perSecond, burst).Granted);
    }

    [Fact]
    public void Lease_WhenUnlimited_GrantsAll() => Assert.Equal(1000, Lease("a", 1000, perSecond: 0).Granted);

    [Fact]
    public void Lease_WhenTheBudgetIsNew_GrantsOneBlock()
    {
        Assert.Equal(20, Lease("a", wanted: 0, perSecond: 100, burst: 200).Granted);
        Assert.Equal(0, Lease("b", wanted: 5, perSecond: 100, burst: 200).Granted);
    }

    [Fact]
    public void Lease_WhenNothingIsLeft_GivesOnePlaceInTheQueueToEach()
    {
        Lease("a", wanted: 2, perSecond: 10);

        var (first, second) = (Lease("b", wanted: 1, perSecond: 10), Lease("c", wanted: 1, perSecond: 10));

        Assert.Equal((0, 1, 100), (first.Granted, first.Later, first.LaterMs));
        Assert.Equal((0, 1, 200), (second.Granted, second.Later, second.LaterMs));
    }

    [Fact]
    public void Lease_WhenUnitsWereReturned_GrantsThemAgain()
    {
        Lease("a", wanted: 0, perSecond: 10, burst: 2);

        Assert.Equal(0, Lease("b", wanted: 2, perSecond: 10, burst: 2).Granted);
        Lease("b", wanted: 0, perSecond: 10, burst: 2, ahead: false);
        Lease("a", wanted: 0, perSecond: 10, burst: 2, returned: 2, ahead: false);
        _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.InRange(Lease("c", wanted: 2, perSecond: 10, burst: 2, ahead: false).Granted, 1, 2);
    }

    [Fact]
    public void Lease_WhenMoreIsReturnedThanWasLeased_CountsWhatWasLeased()
    {
        Lease("a", wanted: 2, perSecond: 10);
        Lease("a", wanted: 0, perSecond: 10, returned: 1000, ahead: false);

        Assert.Equal(2, Lease("b", wanted: 1000, perSecond: 10).Granted);
    }

    private BudgetGrant Lease(string gateway, int wanted, int perSecond, int burst = 20, int returned = 0, bool ahead = true) =>
        _fresh.Lease(gateway, new(BudgetKind.Sends, perSecond, burst, 0, returned, wanted, ahead));
}
