using OrleansChat.ChatCheck.Reporting;

namespace OrleansChat.ChatCheck.Tests.Reporting;

public sealed class HistogramTests
{
    [Theory, InlineData(0.5, 500), InlineData(0.99, 990), InlineData(1, 1000)]
    public void At_WhenValuesAreSpread_IsRightWithinFourPercent(double share, double milliseconds)
    {
        var histogram = new Histogram();
        for (var value = 1; value <= 1000; value++)
        {
            histogram.Add(value * 1000);
        }

        Assert.Equal(1000, histogram.Count);
        Assert.InRange(histogram.At(share), milliseconds * 0.97, milliseconds * 1.04);
    }

    [Fact]
    public void Add_WhenADurationIsExtreme_CountsIt()
    {
        var histogram = new Histogram();
        Array.ForEach([0, 1, 31, 32, 63, 64, long.MaxValue, -5], histogram.Add);

        Assert.Equal(8, histogram.Count);
        Assert.Equal(0, new Histogram().At(0.5));
    }
}
