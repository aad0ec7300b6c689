namespace OrleansChat.Gateway.Connections;

/// <summary>
/// Wakes one waiter, now or at its next wait. Setting it twice wakes once: the waiter looks again at what it waits for. The waiter goes on
/// where it awaits, never inside of <see cref="Set"/>. One word without a lock: a connection has several, and is one of many.
/// </summary>
internal sealed class Signal
{
    private static readonly object IsSet = new();

    /// <summary>Null, <see cref="IsSet"/>, or the waiter.</summary>
    private object? _state;

    /// <summary>Wakes the waiter.</summary>
    public void Set()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state is TaskCompletionSource waiter)
            {
                // A waiter that gave up meanwhile leaves the signal to the next one.
                if (Interlocked.CompareExchange(ref _state, null, waiter) == waiter && waiter.TrySetResult())
                {
                    return;
                }
            }
            else if (Interlocked.CompareExchange(ref _state, IsSet, state) == state)
            {
                return;
            }
        }
    }

    /// <summary>Waits for <see cref="Set"/>. One waiter at a time.</summary>
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
                if (Interlocked.CompareExchange(ref _state, null, IsSet) == IsSet)
                {
                    return Task.CompletedTask;
                }

                continue;
            }

            // In the place of one that gave up, where there is one.
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
