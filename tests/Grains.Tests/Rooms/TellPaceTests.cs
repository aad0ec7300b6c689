using OrleansChat.Grains.Rooms;
using OrleansChat.Testing;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>What a busy room owes for telling often, and that it is never more than one time.</summary>
public sealed class TellPaceTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(8);
    private readonly ManualTime _time = new();

    [Fact]
    public void Wait_AfterAFlood_IsOneTimeAtTheMost()
    {
        var pace = new TellPace(Period, _time);
        for (var told = 0; told < 1000; told++)
        {
            // As when enough wait to be told before their time.
            pace.Told(64);
        }

        Assert.Equal(1.5 * Period, pace.Wait);
        _time.Advance(1.5 * Period);
        Assert.Equal(TimeSpan.Zero, pace.Wait);
    }

    [Fact]
    public void Wait_AfterARest_IsNothingForAFewTimes()
    {
        var pace = new TellPace(Period, _time);
        for (var told = 0; told < 1000; told++)
        {
            pace.Told(64);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        for (var told = 0; told < TellPace.Free; told++)
        {
            Assert.True(pace.Wait <= TimeSpan.Zero);
            pace.Told(1);
        }

        Assert.Equal(Period, pace.Wait);
    }
}
