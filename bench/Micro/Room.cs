using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Micro;

/// <summary>The room and the messages of the benchmarks.</summary>
internal static class Room
{
    public const string Name = "lobby";

    /// <summary>The text of every message: 100 bytes.</summary>
    public static readonly string Text = string.Concat(Enumerable.Repeat("what people say ", 7))[..100];

    /// <summary>
    /// Creates events with the sequences after <paramref name="seq"/>. A gateway creates events too, when it reads its
    /// stream. So a benchmark that needs new events includes their creation in its figures: about 120 allocated bytes
    /// for each event.
    /// </summary>
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
