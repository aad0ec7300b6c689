using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Micro;

/// <summary>What is said in the benchmarks.</summary>
internal static class Room
{
    public const string Name = "lobby";

    /// <summary>A hundred bytes.</summary>
    public static readonly string Text = string.Concat(Enumerable.Repeat("what people say ", 7))[..100];

    /// <summary>Events that follow a sequence. Made by whoever reads an inbox, so a benchmark that needs new ones has them in its figures: some 120 bytes each.</summary>
    public static RoomEvent[] After(long seq, int events)
    {
        var made = new RoomEvent[events];
        for (var i = 0; i < events; i++)
        {
            var next = seq + i + 1;
            made[i] = new(next, 1_795_000_000_000 + next, "bob", RoomEventKind.Msg, Text, null, null, null, "5f0c2c1d8a9e4b77", false, next);
        }

        return made;
    }
}
