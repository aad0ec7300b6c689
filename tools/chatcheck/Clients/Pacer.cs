namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// Limits the sends per second of all writers together. Unused capacity is not saved, so there is no burst after a
/// pause.
/// </summary>
internal sealed class Pacer(int perSecond, Clock clock)
{
    private readonly Lock _lock = new();
    private long _next;

    /// <summary>Waits until the rate allows further sends.</summary>
    /// <param name="sends">How many messages the caller will then send.</param>
    public Task TakeAsync(int sends, CancellationToken cancellationToken)
    {
        long wait;
        lock (_lock)
        {
            var now = clock.Now;
            var turn = Math.Max(now, _next);
            _next = turn + (sends * 1_000_000L / perSecond);
            wait = turn - now;
        }

        return wait < 1000 ? Task.CompletedTask : Task.Delay(TimeSpan.FromMicroseconds(wait), clock.Time, cancellationToken);
    }
}
