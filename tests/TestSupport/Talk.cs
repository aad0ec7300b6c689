using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace OrleansChat.TestSupport;

/// <summary>Lets two users in text mode chat while a test does something else.</summary>
public static class Talk
{
    /// <summary>
    /// Sends messages from Ann to Bob, at least one, until the token is cancelled. Asserts that each message arrives.
    /// Returns the number of messages.
    /// </summary>
    public static async Task<int> ChatAsync(RawWebSocket ann, RawWebSocket bob, TimeSpan pause, CancellationToken over)
    {
        var words = 0;
        do
        {
            var word = Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture);
            await ann.SendTextAsync(word);
            Assert.Equal(word, await bob.ReceiveLineAsync());
            words++;
            await Task.Delay(pause, CancellationToken.None);
        }
        while (!over.IsCancellationRequested);
        return words;
    }
}
