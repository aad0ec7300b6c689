using System.Numerics;

namespace OrleansChat.ChatCheck.Reporting;

/// <summary>
/// Computes percentiles of durations, exact to about three percent, in constant memory. Any number of threads may add
/// durations at the same time.
/// </summary>
internal sealed class Histogram
{
    private const int Bits = 5;
    private readonly long[] _counts = new long[64 << Bits];

    /// <summary>The number of durations that were added.</summary>
    public long Count => _counts.Sum();

    /// <summary>Adds a duration in microseconds; a negative one counts as 0.</summary>
    public void Add(long microseconds) => Interlocked.Increment(ref _counts[IndexOf(Math.Max(microseconds, 0))]);

    /// <summary>
    /// Returns a percentile in milliseconds; 0 if there are no durations.
    /// </summary>
    /// <param name="share">The share of the durations that are not longer than the percentile, such as 0.99.</param>
    public double At(double share)
    {
        var left = (long)Math.Ceiling(share * Count);
        for (var at = 0; at < _counts.Length; at++)
        {
            if ((left -= _counts[at]) <= 0 && _counts[at] > 0)
            {
                return Upper(at) / 1000.0;
            }
        }

        return 0;
    }

    private static int IndexOf(long value)
    {
        if (value < 1 << Bits)
        {
            return (int)value;
        }

        var shift = 63 - Bits - BitOperations.LeadingZeroCount((ulong)value);
        return ((shift + 1) << Bits) + (int)((value >> shift) & ((1 << Bits) - 1));
    }

    private static long Upper(int at) => at < 1 << Bits ? at : ((1L << Bits) + (at & ((1 << Bits) - 1)) + 1) << ((at >> Bits) - 1);
}
