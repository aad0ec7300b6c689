namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// The one call that a room client may have in flight. The room client can abandon this call. This is useful if the
/// silo that received the call has died, because the call then fails only after the whole response timeout.
/// Thread-safe.
/// </summary>
internal sealed class CallInFlight(TimeProvider time)
{
    private readonly Lock _gate = new();

    /// <summary>Completes when the call is abandoned.</summary>
    private TaskCompletionSource _abandoned = new();

    /// <summary>Timestamp at which the call began; null if no call is in flight.</summary>
    private long? _began;

    /// <summary>Waits until a call completes or is abandoned.</summary>
    /// <exception cref="TimeoutException">The call was abandoned.</exception>
    public async Task<T> WaitAsync<T>(Task<T> call)
    {
        Task abandoned;
        lock (_gate)
        {
            _began = time.GetTimestamp();
            abandoned = _abandoned.Task;
        }

        var first = await Task.WhenAny(call, abandoned);
        lock (_gate)
        {
            _began = null;
        }

        if (first == call)
        {
            return await call;
        }

        call.Ignore();
        throw new TimeoutException("The cluster changed during the call.");
    }

    /// <summary>
    /// Abandons the call if it has run for at least <paramref name="minAge"/>. Returns false if the call is younger, or
    /// if no call is in flight.
    /// </summary>
    public bool TryAbandon(TimeSpan minAge)
    {
        TaskCompletionSource abandoned;
        lock (_gate)
        {
            if (_began is not { } began || time.GetElapsedTime(began) < minAge)
            {
                return false;
            }

            (abandoned, _abandoned, _began) = (_abandoned, new(), null);
        }

        abandoned.SetResult();
        return true;
    }
}
