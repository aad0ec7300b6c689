using OrleansChat.Grains.Users;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Users;

/// <summary>A budget from which a user pays for one kind of action, such as new rooms.</summary>
public sealed class ActionBucketTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly ManualTime _time = new();
    private readonly ActionBucket _bucket;

    public ActionBucketTests() => _bucket = new(_time);

    [Fact]
    public void Take_WhenTheBurstIsUsed_GrantsOnePerInterval()
    {
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal(TimeSpan.Zero, _bucket.Take(20, Minute)));
        Assert.Equal(Minute, _bucket.Take(20, Minute));

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(TimeSpan.FromSeconds(1), _bucket.Take(20, Minute));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, _bucket.Take(20, Minute));
        Assert.Equal(Minute, _bucket.Take(20, Minute));
    }

    [Fact]
    public void UntilFull_WhenActionsWereTaken_IsTheirCost()
    {
        Assert.Equal(TimeSpan.Zero, _bucket.UntilFull);
        _bucket.Take(20, Minute);
        _bucket.Take(20, Minute);
        Assert.Equal(2 * Minute, _bucket.UntilFull);

        _time.Advance(3 * Minute);

        Assert.Equal(TimeSpan.Zero, _bucket.UntilFull);
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal(TimeSpan.Zero, _bucket.Take(20, Minute)));
        Assert.Equal(Minute, _bucket.Take(20, Minute));
    }
}
