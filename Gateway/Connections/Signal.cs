namespace OrleansChat.Gateway.Connections;

/// <summary>
/// Wakes one waiter, now or at its next wait. Setting it twice wakes once: the waiter looks again at what it waits for. The waiter goes on
/// where it awaits, never inside of <see cref="Set"/>.
/// </summary>
internal sealed class Signal
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiter;
    private bool _set;

    /// <summary>Wakes the waiter.</summary>
    public void Set()
    {
        lock (_gate)
        {
            // A waiter that gave up meanwhile leaves the signal to the next one.
            _set = _waiter?.TrySetResult() is not true;
            _waiter = null;
        }
    }

    /// <summary>Waits for <see cref="Set"/>. One waiter at a time.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        lock (_gate)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return Task.FromCanceled(cancellationToken);
            }

            if (_set)
            {
                _set = false;
                return Task.CompletedTask;
            }

            _waiter = waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return cancellationToken.CanBeCanceled ? WaitAsync(waiter, cancellationToken) : waiter.Task;
    }

    private static async Task WaitAsync(TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        using var cancelled = cancellationToken.UnsafeRegister(
            static (waiter, token) => ((TaskCompletionSource)waiter!).TrySetCanceled(token), waiter);
        await waiter.Task;
    }
}
