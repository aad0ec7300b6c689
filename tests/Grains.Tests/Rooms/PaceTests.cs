using OrleansChat.Grains.Interfaces;
using OrleansChat.Testing;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>What is owed for being often, and that it is never more than one time.</summary>
public sealed class PaceTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(8);
    private readonly ManualTime _time = new();

    [Fact]
    public void Wait_AfterAFlood_IsOneTimeAtTheMost()
    {
        var pace = new Pace(Period, _time);
        for (var done = 0; done < 1000; done++)
        {
            // As when enough wait to have it done before its time.
            pace.Done(1.5);
        }

        Assert.Equal(1.5 * Period, pace.Wait);
        _time.Advance(1.5 * Period);
        Assert.Equal(TimeSpan.Zero, pace.Wait);
    }

    [Fact]
    public void Wait_AfterARest_IsNothingForAFewTimes()
    {
        var pace = new Pace(Period, _time);
        for (var done = 0; done < 1000; done++)
        {
            pace.Done(1.5);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        for (var done = 0; done < Pace.Free; done++)
        {
            Assert.True(pace.Wait <= TimeSpan.Zero);
            pace.Done();
        }

        Assert.Equal(Period, pace.Wait);
    }
}
