using OrleansChat.Streams;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// How long BatchThrottle delays a frequent action. Each action has a cost: the delay before the next action. The
/// delays of actions that ran early do not add up.
/// </summary>
public sealed class BatchThrottleTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(8);
    private readonly ManualTime _time = new();

    [Fact]
    public void Wait_WhenManyActionsRanEarly_IsTheCostOfOneAction()
    {
        var pace = new BatchThrottle(Period, _time);

        for (var done = 0; done < 1000; done++)
        {
            // The action runs before it is due, like a call that starts early because enough commands wait.
            pace.OnFlushed(1.5);
        }

        Assert.Equal(1.5 * Period, pace.Wait);
        _time.Advance(1.5 * Period);
        Assert.Equal(TimeSpan.Zero, pace.Wait);
    }

    [Fact]
    public void Wait_WhenActionsPaused_IsZeroForTheNextFew()
    {
        var pace = new BatchThrottle(Period, _time);
        for (var done = 0; done < 1000; done++)
        {
            pace.OnFlushed(1.5);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        for (var done = 0; done < BatchThrottle.FreeBurst; done++)
        {
            Assert.True(pace.Wait <= TimeSpan.Zero);
            pace.OnFlushed();
        }

        Assert.Equal(Period, pace.Wait);
    }
}
