namespace OrleansChat.Gateway.Connections;

/// <summary>
/// A token bucket that limits how fast one peer sends. Each connection has three buckets. One limits commands (except
/// sends) and pings: each of them takes one unit. One limits the bytes on the wire, and one the decompressed bytes:
/// each byte takes one unit. Not thread-safe: only the connection's reader uses them.
/// </summary>
/// <param name="perSecond">Units that are added to the bucket per second; 0 for no limit.</param>
/// <param name="burst">Maximum number of units in the bucket. The bucket starts full.</param>
internal sealed class Allowance(int perSecond, int burst, TimeProvider time)
{
    private double _left = burst;
    private long _refilled = time.GetTimestamp();

    /// <summary>
    /// Takes one unit and returns 0 if a unit is available. Otherwise takes nothing, and returns the milliseconds until
    /// a unit is available.
    /// </summary>
    public int Take()
    {
        if (perSecond == 0)
        {
            return 0;
        }

        Refill();
        if (_left < 1)
        {
            return Math.Max(1, (int)Math.Ceiling((1 - _left) * 1000 / perSecond));
        }

        _left--;
        return 0;
    }

    /// <summary>
    /// Takes <paramref name="amount"/> units, even if fewer are available. In that case, the task completes when the
    /// missing units have been added.
    /// </summary>
    public ValueTask PaceAsync(int amount, CancellationToken cancellationToken)
    {
        if (perSecond == 0)
        {
            return ValueTask.CompletedTask;
        }

        Refill();
        _left -= amount;
        return _left >= 0 ? ValueTask.CompletedTask : new(Task.Delay(TimeSpan.FromSeconds(-_left / perSecond), time, cancellationToken));
    }

    private void Refill()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(burst, _left + (time.GetElapsedTime(_refilled, now).TotalSeconds * perSecond));
        _refilled = now;
    }
}
