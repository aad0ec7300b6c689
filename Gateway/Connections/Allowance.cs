namespace OrleansChat.Gateway.Connections;

/// <summary>What one peer may ask of this process: refilled at a pace, saved up to a burst. The connection's reader alone uses it.</summary>
/// <param name="perSecond">How much a second refills; 0 for no bound.</param>
/// <param name="burst">How much may be saved up; there from the start.</param>
internal sealed class Allowance(int perSecond, int burst, TimeProvider time)
{
    private double _left = burst;
    private long _refilled = time.GetTimestamp();

    /// <summary>Takes one. Zero where there was one, else the milliseconds after which there is, and nothing is taken.</summary>
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

    /// <summary>Takes so much, whether it is there or not, and returns when it would have been.</summary>
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
