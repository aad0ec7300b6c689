using System.Collections.Concurrent;
using Xunit;

namespace OrleansChat.TestSupport;

/// <summary>
/// Checks that after an attack this process does not use much more memory than before, and that there are no unobserved
/// exceptions. Both can only be checked for the whole process, so tests that use this class run alone.
/// </summary>
public sealed class Aftermath : IDisposable
{
    private readonly ConcurrentQueue<Exception> _unobserved = new();
    private readonly long _before;

    /// <summary>Measures the memory before the attack.</summary>
    public Aftermath()
    {
        _before = InUse();
        TaskScheduler.UnobservedTaskException += Observe;
    }

    /// <summary>
    /// Waits up to about 10 s for the process to free the memory of the attack. Fails if the process still uses at least
    /// <paramref name="mostKept"/> bytes more than before the attack, or if there was an unobserved exception.
    /// </summary>
    public async Task ClearsAsync(long mostKept)
    {
        var kept = 0L;
        for (var looks = 0; looks < 20 && (kept = InUse() - _before) >= mostKept; looks++)
        {
            await Task.Delay(500);
        }

        Assert.True(kept < mostKept, $"The process uses {kept >> 20} MiB more than before the attack.");
        Assert.True(_unobserved.IsEmpty, string.Join("\n", _unobserved));
    }

    /// <inheritdoc/>
    public void Dispose() => TaskScheduler.UnobservedTaskException -= Observe;

    private void Observe(object? sender, UnobservedTaskExceptionEventArgs failure) => _unobserved.Enqueue(failure.Exception);

    /// <summary>
    /// Returns the number of bytes in use after a full garbage collection. The finalizers that run meanwhile report the
    /// unobserved exceptions.
    /// </summary>
    private static long InUse()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
