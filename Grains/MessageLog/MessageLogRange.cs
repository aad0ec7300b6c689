using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// The events of a room with sequences from <paramref name="After"/> + 1 to <paramref name="After"/> +
/// <paramref name="Limit"/>. If these events have more than <paramref name="Bytes"/> bytes, only the first or the last
/// of them are read.
/// </summary>
/// <param name="Bytes">
/// Limit in bytes (<see cref="EventBytes"/>). The event that reaches or exceeds the limit is read too, as the last one.
/// </param>
/// <param name="FromEnd">
/// What to read if not all events of the range fit: the newest events if true, the oldest events if false.
/// </param>
public readonly record struct MessageLogRange(long After, int Limit, int Bytes = int.MaxValue, bool FromEnd = false);

/// <summary>Reads that are limited by a number of events only, not by bytes.</summary>
public static class MessageLogReads
{
    /// <summary>Reads up to <paramref name="limit"/> events after a sequence, ascending.</summary>
    public static Task<IReadOnlyList<RoomEvent>> ReadAsync(
        this IMessageLog log, string room, long after, int limit, CancellationToken cancellationToken) =>
        log.ReadAsync(room, new(after, limit), cancellationToken);
}
