using System.Collections.Concurrent;
using Xunit;

namespace OrleansChat.Testing;

/// <summary>
/// What is left in this process of something that happened in it: memory, and exceptions that nobody looked at. Tests that use it run alone, for
/// both are the whole process's.
/// </summary>
public sealed class Aftermath : IDisposable
{
    private readonly ConcurrentQueue<Exception> _unobserved = new();
    private readonly long _before;

    /// <summary>It begins.</summary>
    public Aftermath()
    {
        _before = InUse();
        TaskScheduler.UnobservedTaskException += Observe;
    }

    /// <summary>It is over: waits until no more than so many bytes of memory are in use beyond those at the beginning, and fails for an exception.</summary>
    public async Task ClearsAsync(long mostKept)
    {
        var kept = 0L;
        for (var looks = 0; looks < 20 && (kept = InUse() - _before) >= mostKept; looks++)
        {
            await Task.Delay(500);
        }

        Assert.True(kept < mostKept, $"{kept >> 20} MiB more than before are in use.");
        Assert.True(_unobserved.IsEmpty, string.Join("\n", _unobserved));
    }

    /// <inheritdoc/>
    public void Dispose() => TaskScheduler.UnobservedTaskException -= Observe;

    private void Observe(object? sender, UnobservedTaskExceptionEventArgs failure) => _unobserved.Enqueue(failure.Exception);

    /// <summary>Bytes after everything that can be collected is; the unobserved are told on the way, by finalizers.</summary>
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
