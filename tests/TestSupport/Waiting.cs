using System.Diagnostics;
using Xunit;

namespace OrleansChat.TestSupport;

/// <summary>
/// Waits up to 20 s, or up to the caller's limit. A wait that takes longer fails with a message that says what was
/// awaited.
/// </summary>
public static class Waiting
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Waits until a condition holds. Checks the condition every 5 ms, because nothing signals a change.
    /// </summary>
    public static async Task UntilAsync(Func<bool> condition, string awaited, TimeSpan? maxWait = null)
    {
        for (var started = Stopwatch.GetTimestamp(); !condition(); await Task.Delay(5))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < (maxWait ?? MaxWait), $"Waited {maxWait ?? MaxWait} for: {awaited}.");
        }
    }

    /// <summary>Waits until a task ends.</summary>
    public static async Task<T> ForAsync<T>(Task<T> task, string awaited, TimeSpan? maxWait = null)
    {
        await ForAsync((Task)task, awaited, maxWait);
        return await task;
    }

    /// <inheritdoc cref="ForAsync{T}(Task{T}, string, TimeSpan?)"/>
    public static async Task ForAsync(Task task, string awaited, TimeSpan? maxWait = null)
    {
        Assert.True(await Task.WhenAny(task, Task.Delay(maxWait ?? MaxWait)) == task, $"Waited {maxWait ?? MaxWait} for: {awaited}.");
        await task;
    }
}
