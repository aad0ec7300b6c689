namespace OrleansChat.Load;

/// <summary>
/// Durations by the million: counts in steps of one percent, from a microsecond to beyond a minute, so that a run's memory does not grow.
/// </summary>
internal sealed class Latencies
{
    private const double Step = 1.01;
    private readonly long[] _counts = new long[1850];

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, in milliseconds.</summary>
    public double Longest { get; private set; }

    /// <summary>Counts one.</summary>
    public void Add(TimeSpan duration)
    {
        var micros = Math.Max(1, duration.TotalMicroseconds);
        _counts[Math.Min(_counts.Length - 1, (int)(Math.Log(micros) / Math.Log(Step)))]++;
        Count++;
        Longest = Math.Max(Longest, duration.TotalMilliseconds);
    }

    /// <summary>The duration in milliseconds that this share of them does not exceed; NaN where there are none.</summary>
    public double At(double share)
    {
        var left = (long)Math.Ceiling(share * Count);
        for (var at = 0; at < _counts.Length; at++)
        {
            left -= _counts[at];
            if (left <= 0 && Count > 0)
            {
                return Math.Pow(Step, at + 1) / 1000;
            }
        }

        return double.NaN;
    }
}
