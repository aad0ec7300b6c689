namespace OrleansChat.Grains.Interfaces;

/// <summary>What an event of a room is. The numbers are stored: never reuse one.</summary>
public enum RoomEventKind
{
    /// <summary>A message.</summary>
    Msg = 0,

    /// <summary>A new text for an earlier message.</summary>
    Edit = 1,

    /// <summary>Takes an earlier message's text.</summary>
    Delete = 2,

    /// <summary>A reaction to an earlier message.</summary>
    React = 3,

    /// <summary>Takes a reaction back.</summary>
    Unreact = 4,

    /// <summary>Somebody became a member of a group.</summary>
    Join = 5,

    /// <summary>Somebody gave up membership of a group.</summary>
    Leave = 6,
}

/// <summary>The kinds of rooms. The numbers are stored: never reuse one.</summary>
public enum RoomKind
{
    /// <summary>Reaches those attached.</summary>
    Channel = 0,

    /// <summary>Has durable members, reached wherever they are.</summary>
    Group = 1,

    /// <summary>Two people (or one, for notes), reached wherever they are.</summary>
    Direct = 2,
}

/// <summary>An event of a room's log, as it is shown now: an edited message carries its latest text, a deleted one none.</summary>
/// <param name="Seq">Dense within the room: 1, 2, 3 ….</param>
/// <param name="Ts">Milliseconds since 1970 UTC; never goes back within a room.</param>
/// <param name="ClientId">The sender's idempotency key; null for events the server wrote.</param>
/// <param name="Edited">True where the text is not the first one.</param>
/// <param name="Messages">How many <see cref="RoomEventKind.Msg"/> events the room has up to and including this one.</param>
[GenerateSerializer, Immutable, Alias("chat.event")]
public sealed record RoomEvent(
    [property: Id(0)] long Seq,
    [property: Id(1)] long Ts,
    [property: Id(2)] string From,
    [property: Id(3)] RoomEventKind Kind,
    [property: Id(4)] string? Text,
    [property: Id(5)] long? Ref,
    [property: Id(6)] long? Reply,
    [property: Id(7)] string? Meta,
    [property: Id(8)] string? ClientId,
    [property: Id(9)] bool Edited,
    [property: Id(10)] long Messages);

/// <summary>Where a room stands, read from the log itself and so independent of any grain or stream.</summary>
/// <param name="Seq">The newest sequence.</param>
/// <param name="Claim">How often the room was claimed: another number means another activation, which knows no gateway yet.</param>
[GenerateSerializer, Immutable, Alias("chat.head")]
public readonly record struct RoomHead([property: Id(0)] string Room, [property: Id(1)] long Seq, [property: Id(2)] long Claim);
