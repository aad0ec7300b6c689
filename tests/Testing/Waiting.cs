using System.Diagnostics;
using Xunit;

namespace OrleansChat.Testing;

/// <summary>Waits that end: each fails with what was awaited.</summary>
public static class Waiting
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>For what tells nobody when it changes: looks every few milliseconds.</summary>
    public static async Task UntilAsync(Func<bool> condition, string awaited, TimeSpan? longest = null)
    {
        for (var started = Stopwatch.GetTimestamp(); !condition(); await Task.Delay(5))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < (longest ?? Longest), $"Awaited {awaited} for {longest ?? Longest}.");
        }
    }

    /// <summary>For a task that must come to its end.</summary>
    public static async Task<T> ForAsync<T>(Task<T> task, string awaited, TimeSpan? longest = null)
    {
        await ForAsync((Task)task, awaited, longest);
        return await task;
    }

    /// <inheritdoc cref="ForAsync{T}(Task{T}, string, TimeSpan?)"/>
    public static async Task ForAsync(Task task, string awaited, TimeSpan? longest = null)
    {
        Assert.True(await Task.WhenAny(task, Task.Delay(longest ?? Longest)) == task, $"Awaited {awaited} for {longest ?? Longest}.");
        await task;
    }
}
