namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// Reads of the log, beside the rooms' turns: any number run at a time, on any silo, and none queues behind a send. Key 0.
/// </summary>
[Alias("chat.history")]
public interface IHistoryGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// A page on behalf of a user: refused where the room is not theirs to read, and <see cref="Refusal.NotFound"/> where there is none.
    /// Holds events with a sequence after <paramref name="after"/>, ascending, at most <paramref name="limit"/>.
    /// A negative <paramref name="after"/> counts back from the head: -20 reads the newest twenty.
    /// </summary>
    [Alias("page")]
    Task<HistoryPage> PageAsync(string room, string user, long after, int limit);

    /// <summary>Events after a sequence on behalf of a gateway whose users are all in the room; ascending, at most <paramref name="limit"/>.</summary>
    [Alias("read")]
    Task<RoomEvent[]> ReadAsync(string room, long after, int limit);

    /// <summary>The beacon: how far rooms are, and which silos there are. At most 4,096 rooms a call.</summary>
    [Alias("heads")]
    Task<RoomHeads> HeadsAsync(string[] rooms);
}

/// <summary>The answer to a beacon.</summary>
/// <param name="Heads">Those of the rooms that exist, in any order.</param>
/// <param name="Cluster">Grows whenever a silo comes or goes, as the silo knows that was asked.</param>
[GenerateSerializer, Immutable, Alias("chat.heads")]
public sealed record RoomHeads([property: Id(0)] RoomHead[] Heads, [property: Id(1)] long Cluster);

/// <summary>A page of history.</summary>
/// <param name="Head">The room's newest sequence when it was read.</param>
/// <param name="Refusal">Null, or why there are no events.</param>
[GenerateSerializer, Immutable, Alias("chat.page")]
public sealed record HistoryPage([property: Id(0)] RoomEvent[] Events, [property: Id(1)] long Head, [property: Id(2)] Refusal? Refusal);
