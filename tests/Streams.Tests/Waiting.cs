using System.Diagnostics;

namespace OrleansChat.Streams.Tests;

internal static class Waiting
{
    /// <summary>For what tells nobody when it changes: looks every 20 ms, and fails with what was awaited.</summary>
    public static async Task UntilAsync(Func<bool> condition, string awaited, double seconds = 20)
    {
        for (var started = Stopwatch.GetTimestamp(); !condition(); await Task.Delay(20, TestContext.Current.CancellationToken))
            Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds < seconds, $"Awaited {awaited} for {seconds} s.");
    }
}
