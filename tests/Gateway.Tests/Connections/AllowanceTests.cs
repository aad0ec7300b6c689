using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Tests.Connections;

public sealed class AllowanceTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Take_WhenTheBurstIsUsedUp_ReturnsTheMillisecondsToTheNextUnit()
    {
        var allowance = new Allowance(10, 3, _time);

        Assert.Equal([0, 0, 0, 100], Enumerable.Range(0, 4).Select(_ => allowance.Take()));

        _time.Advance(TimeSpan.FromMilliseconds(60));
        Assert.Equal(40, allowance.Take());

        _time.Advance(TimeSpan.FromMilliseconds(40));
        Assert.Equal([0, 100], new[] { allowance.Take(), allowance.Take() });
    }

    [Fact]
    public void Take_WhenUnusedForAnHour_AllowsNoMoreThanTheBurst()
    {
        var allowance = new Allowance(10, 3, _time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, Enumerable.Range(0, 100).Count(_ => allowance.Take() == 0));
    }

    [Fact]
    public async Task Pace_WhenUnitsAreMissing_WaitsForTheirRefill()
    {
        var allowance = new Allowance(10, 3, _time);
        await allowance.PaceAsync(3, TestContext.Current.CancellationToken);

        var paced = allowance.PaceAsync(5, TestContext.Current.CancellationToken).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(paced.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(2));
        await Waiting.ForAsync(paced, "the refill of the missing units");
    }

    [Fact]
    public void Allowance_WhenTheRateIsZero_LimitsNothing()
    {
        var allowance = new Allowance(0, 1, _time);
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.Equal(0, allowance.Take()));
        var paced = allowance.PaceAsync(int.MaxValue, TestContext.Current.CancellationToken).AsTask();
        Assert.True(paced.IsCompletedSuccessfully);
    }
}
