namespace OrleansChat.Streams;

/// <summary>
/// Throttles an action that handles everything that waits, as one batch: a gateway's call to a room, and a room's
/// publish to a gateway. When the action is rare, it is due at once. When it is frequent, it is due one
/// <paramref name="period"/> after the previous time, so that more is batched. Up to <see cref="FreeBurst"/> actions in
/// quick succession are not delayed.
/// </summary>
/// <param name="period">Minimum time between two actions when they are frequent; zero for no delay.</param>
public sealed class BatchThrottle(TimeSpan period, TimeProvider time)
{
    /// <summary>Actions in quick succession that are not delayed.</summary>
    public const int FreeBurst = 4;

    private readonly long _start = time.GetTimestamp();

    /// <summary>
    /// The time up to which past actions have used the allowance, measured from <see cref="_start"/>.
    /// </summary>
    private TimeSpan _used;

    /// <summary>How long to wait before the next action; zero or less if it is due now.</summary>
    public TimeSpan Wait => _used - Now - ((FreeBurst - 1) * period);

    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Records that the action was carried out now.</summary>
    /// <param name="periods">The cost of this action, in periods.</param>
    public void OnFlushed(double periods = 1)
    {
        // An action that ran before it was due, because enough was waiting, does not add to the debt.
        // Otherwise a burst would still delay later actions when they are rare again.
        var most = Now + ((FreeBurst - 1) * period);
        _used = (_used < Now ? Now : _used > most ? most : _used) + (periods * period);
    }
}
