namespace OrleansChat.ChatCheck.Clients;

/// <summary>The most sends a second, over all writers. What was not used is not saved up: after a standstill there is no flood.</summary>
internal sealed class Pacer(int perSecond, Clock clock)
{
    private readonly Lock _lock = new();
    private long _next;

    /// <summary>Waits for the turn of so many sends.</summary>
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
