namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// What a user has not read in a room. Only the newest <see cref="Window"/> events of the room are counted. The counts
/// are not stored: each read computes them from the events.
/// </summary>
/// <param name="Unread">
/// Number of messages after the user's read mark that other users sent and that are not deleted.
/// </param>
/// <param name="Mentions">How many of these messages mention the user or everyone.</param>
/// <param name="HasMore">
/// True if the read mark is before the newest <see cref="Window"/> events, and there is a message after the read mark.
/// There may then be more unread messages and mentions.
/// </param>
public readonly record struct UnreadCounts(long Unread, long Mentions, bool HasMore)
{
    /// <summary>Maximum number of events that a count reads.</summary>
    public const int Window = 1000;
}

/// <summary>The facts about a room and a user, with the user's counts, from one state of the log.</summary>
public sealed record CountedFacts(RoomFacts Facts, UnreadCounts Counts);
