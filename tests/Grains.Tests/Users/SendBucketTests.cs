using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Users;
using OrleansChat.Testing;

namespace OrleansChat.Grains.Tests.Users;

/// <summary>The token bucket of a user's sends.</summary>
public sealed class SendBucketTests
{
    private readonly ManualTime _time = new();
    private readonly SendBucket _bucket;

    public SendBucketTests() => _bucket = new(_time);

    [Fact]
    public void Take_GrantsTheBurstAndThenOneEachInterval()
    {
        Assert.Equal(new SendGrant(20, 100), _bucket.Take(25, 10, 20));
        Assert.Equal(new SendGrant(0, 100), _bucket.Take(1, 10, 20));

        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(new SendGrant(0, 1), _bucket.Take(1, 10, 20));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(new SendGrant(1, 100), _bucket.Take(2, 10, 20));
    }

    [Fact]
    public void Take_OftenInBetween_LosesNoTime()
    {
        _bucket.Take(20, 10, 20);
        var granted = 0;
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(33));
            granted += _bucket.Take(1, 10, 20).Granted;
        }

        Assert.Equal(33, granted);
    }

    [Fact]
    public void Take_AfterALongTime_GrantsTheBurstAndNoMore()
    {
        _bucket.Take(20, 10, 20);
        _time.Advance(TimeSpan.FromDays(10_000));

        Assert.Equal(20, _bucket.Take(1000, 10, 20).Granted);
    }

    [Fact]
    public void Take_WithoutALimit_GrantsAll() => Assert.Equal(new SendGrant(1000, 0), _bucket.Take(1000, 0, 1));
}
