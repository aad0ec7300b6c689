namespace OrleansChat.Streams;

/// <summary>
/// Throttles an action that handles all waiting items as one batch, such as a gateway's call to a room or a room's
/// publish to a gateway. If actions are rare, each is due at once. If actions are frequent, each is due one
/// <paramref name="period"/> after the previous action, so that it handles a larger batch. Up to
/// <see cref="FreeBurst"/> actions in quick succession are not delayed.
/// </summary>
/// <param name="period">Minimum time between two actions when they are frequent; zero for no delay.</param>
public sealed class BatchThrottle(TimeSpan period, TimeProvider time)
{
    /// <summary>Number of actions in quick succession that are not delayed.</summary>
    public const int FreeBurst = 4;

    private readonly long _start = time.GetTimestamp();

    /// <summary>
    /// Each action reserves a time span, usually one period, directly after the span of the previous action. This field
    /// is the end of the last reserved span, measured from <see cref="_start"/>. The next action is due as soon as this
    /// end is at most <see cref="FreeBurst"/> - 1 periods in the future.
    /// </summary>
    private TimeSpan _used;

    /// <summary>How long to wait before the next action; zero or less if it is due now.</summary>
    public TimeSpan Wait => _used - Now - ((FreeBurst - 1) * period);

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Records that the action was carried out now.</summary>
    /// <param name="periods">The cost of this action, in periods.</param>
    public void OnFlushed(double periods = 1)
    {
        // If enough items wait, the caller acts before the action is due. Count such an early action as if it were due
        // now. Otherwise the costs of many early actions would add up, and would still delay actions when they are
        // rare again.
        var most = Now + ((FreeBurst - 1) * period);
        _used = (_used < Now ? Now : _used > most ? most : _used) + (periods * period);
    }
}
