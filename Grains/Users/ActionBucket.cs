namespace OrleansChat.Grains.Users;

/// <summary>
/// A token bucket for one kind of action of a user, such as creating rooms. It starts full and earns one action per
/// interval.
/// </summary>
internal sealed class ActionBucket(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>The time at which the bucket is full again, measured from <see cref="_start"/>.</summary>
    private TimeSpan _full;

    /// <summary>
    /// The time until the bucket is full; zero if it is full. Until then, the user's activation must not be collected.
    /// </summary>
    public TimeSpan UntilFull => _full > Now ? _full - Now : TimeSpan.Zero;

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Takes one action.</summary>
    /// <param name="burst">Capacity of the bucket in actions, at least 1.</param>
    /// <param name="interval">The time in which the bucket earns one action.</param>
    /// <returns>Zero if an action was taken; otherwise the time until the bucket has one action.</returns>
    public TimeSpan Take(int burst, TimeSpan interval)
    {
        var owed = UntilFull + interval;
        var most = burst * interval;
        if (owed > most)
        {
            return owed - most;
        }

        _full = Now + owed;
        return TimeSpan.Zero;
    }
}
