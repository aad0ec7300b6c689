namespace OrleansChat.Gateway.Connections;

/// <summary>
/// An auto-reset event for one waiter, without a lock. <see cref="Set"/> wakes the waiter, or completes its next wait.
/// Several calls of <see cref="Set"/> may wake the waiter only once, so the waiter must check its condition in a loop.
/// The waiter's continuation never runs inside <see cref="Set"/>. Each connection has several of these events. To save
/// memory, an event has only one field.
/// </summary>
internal sealed class SingleWaiterAutoResetEvent
{
    private static readonly object IsSet = new();

    /// <summary>
    /// Null (not set, no waiter), <see cref="IsSet"/>, or the waiter's <see cref="TaskCompletionSource"/>.
    /// </summary>
    private object? _state;

    public void Set()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state is TaskCompletionSource waiter)
            {
                // Waiting - wake the waiter and reset the event. If the waiter was cancelled in the meantime, try
                // again, so that the next waiter gets the signal.
                if (Interlocked.CompareExchange(ref _state, null, waiter) == waiter && waiter.TrySetResult())
                {
                    return;
                }
            }
            else if (Interlocked.CompareExchange(ref _state, IsSet, state) == state)
            {
                // Not set, or set already - the event is set now.
                return;
            }
        }
    }

    /// <summary>Waits until the event is set, and resets it. Only one caller may wait at a time.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        TaskCompletionSource? waiter = null;
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state == IsSet)
            {
                // Set - reset the event and return at once.
                if (Interlocked.CompareExchange(ref _state, null, IsSet) == IsSet)
                {
                    return Task.CompletedTask;
                }

                continue;
            }

            // Not set, or the previous waiter was cancelled - become the waiter.
            waiter ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Interlocked.CompareExchange(ref _state, waiter, state) == state)
            {
                return cancellationToken.CanBeCanceled ? WaitAsync(waiter, cancellationToken) : waiter.Task;
            }
        }
    }

    private static async Task WaitAsync(TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        using var cancelled = cancellationToken.UnsafeRegister(
            static (waiter, token) => ((TaskCompletionSource)waiter!).TrySetCanceled(token), waiter);
        await waiter.Task;
    }
}
