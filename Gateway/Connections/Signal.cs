using System.Diagnostics.CodeAnalysis;

namespace OrleansChat.Gateway.Connections;

/// <summary>Wakes one waiter, now or at its next wait. Setting it twice wakes once: the waiter looks again at what it waits for.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing to dispose of.")]
internal sealed class Signal
{
    private readonly SemaphoreSlim _set = new(0, 1);

    /// <summary>Wakes the waiter.</summary>
    public void Set()
    {
        lock (_set)
        {
            if (_set.CurrentCount == 0)
            {
                _set.Release();
            }
        }
    }

    /// <summary>Waits for <see cref="Set"/>.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _set.WaitAsync(cancellationToken);
}
