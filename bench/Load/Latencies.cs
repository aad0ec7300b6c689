using System.Numerics;

namespace OrleansChat.Load;

/// <summary>
/// A histogram for millions of durations, in steps of less than one percent, up to 137 s. Its memory is constant, and
/// adding a duration costs a few instructions.
/// </summary>
internal sealed class Latencies
{
    private const int StepBits = 7;

    // Below 2^7 ns, each nanosecond has its own step. Above that, each doubling of the duration has 2^7 steps, up to
    // 2^37 ns = 137 s.
    private readonly long[] _counts = new long[(37 - StepBits + 1) << StepBits];
    private long _longest;

    public long Count { get; private set; }

    /// <summary>The longest duration in milliseconds, exact.</summary>
    public double MaxWait => Milliseconds(_longest);

    public void Add(TimeSpan duration)
    {
        var nanos = Math.Max(0, duration.Ticks) * TimeSpan.NanosecondsPerTick;
        _counts[Math.Min(_counts.Length - 1, StepOf((ulong)nanos))]++;
        Count++;
        _longest = Math.Max(_longest, nanos);
    }

    /// <summary>
    /// Returns a percentile of the durations, in milliseconds, exact to one percent; NaN if there are no durations.
    /// </summary>
    /// <param name="share">A number from 0 to 1, such as 0.99 for the 99th percentile.</param>
    public double At(double share)
    {
        var left = (long)Math.Ceiling(share * Count);
        for (var at = 0; at < _counts.Length; at++)
        {
            left -= _counts[at];
            if (left <= 0 && Count > 0)
            {
                return Milliseconds(Math.Min(_longest, EndOf(at)));
            }
        }

        return double.NaN;
    }

    private static int StepOf(ulong nanos)
    {
        var shift = Math.Max(0, BitOperations.Log2(nanos) - StepBits);
        return (shift << StepBits) + (int)(nanos >> shift);
    }

    private static long EndOf(int step)
    {
        var shift = Math.Max(0, (step >> StepBits) - 1);
        return ((long)(step - (shift << StepBits) + 1) << shift) - 1;
    }

    private static double Milliseconds(long nanos) => nanos / 1e6;
}
