using System.Diagnostics;

namespace OrleansChat.Streams.Tests;

internal static class Waiting
{
    /// <summary>
    /// Waits for a condition that signals no change. Checks it every 20 ms. A failure says what was awaited.
    /// </summary>
    public static async Task UntilAsync(Func<bool> condition, string awaited, double seconds = 20)
    {
        for (var started = Stopwatch.GetTimestamp(); !condition(); await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds < seconds, $"Awaited {awaited} for {seconds} s.");
        }
    }
}
