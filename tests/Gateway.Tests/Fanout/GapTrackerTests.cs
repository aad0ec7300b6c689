using OrleansChat.Gateway.Fanout;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>
/// A gap in a feed: when it begins, how long the feed waits for the missing events, and when it is closed.
/// </summary>
public sealed class GapTrackerTests
{
    private static readonly TimeSpan Hold = TimeSpan.FromMilliseconds(50);
    private readonly ManualTime _time = new();
    private readonly GapTracker _gap;

    public GapTrackerTests() => _gap = new(new(new Meters()), _time);

    [Fact]
    public void Gap_WhenItBegins_WaitsForTheStream()
    {
        _gap.Expect(5);

        Assert.True(_gap.Update(3, Hold));
        Assert.Equal(Hold, _gap.Wait);
        _time.Advance(Hold);
        Assert.Equal(TimeSpan.Zero, _gap.Wait);
    }

    [Fact]
    public void Gap_WhenItsEventsArrive_IsClosed()
    {
        _gap.Expect(5);
        _gap.Update(3, Hold);

        Assert.False(_gap.Update(5, Hold));
        Assert.Equal(TimeSpan.Zero, _gap.Wait);
    }

    [Fact]
    public void Wait_WhenAPollFindsTheGapToo_IsOver()
    {
        _gap.Expect(5);
        _gap.Update(3, Hold);

        _gap.Update(3, TimeSpan.Zero);

        Assert.Equal(TimeSpan.Zero, _gap.Wait);
    }

    [Fact]
    public void Wait_WhenTheGapGrows_IsNotExtended()
    {
        _gap.Expect(5);
        _gap.Update(3, Hold);
        _time.Advance(TimeSpan.FromMilliseconds(30));

        _gap.Expect(9);
        _gap.Update(3, Hold);

        Assert.Equal(TimeSpan.FromMilliseconds(20), _gap.Wait);
    }

    [Fact]
    public void Gap_WhenMoreIsMissingAfterARead_WaitsAnew()
    {
        _gap.Expect(5);
        _gap.Update(3, Hold);
        _time.Advance(Hold);
        _gap.BeginRead();
        _gap.Expect(9);

        Assert.True(_gap.Update(5, Hold));

        Assert.Equal(Hold, _gap.Wait);
    }

    [Fact]
    public void Gap_WhenItIsReadInPieces_StaysOneGap()
    {
        _gap.Expect(9);
        _gap.Update(3, Hold);
        _time.Advance(Hold);
        _gap.BeginRead();

        Assert.True(_gap.Update(5, Hold));

        Assert.Equal(TimeSpan.Zero, _gap.Wait);
    }
}
