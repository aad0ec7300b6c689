using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// The events of a room with sequences from <paramref name="After"/> + 1 to <paramref name="After"/> +
/// <paramref name="Limit"/>. If they have more than <paramref name="Bytes"/> bytes, only the first or the last ones are
/// read.
/// </summary>
/// <param name="Bytes">
/// Bytes (<see cref="EventBytes"/>) after which no further event is read. One event is always read, so the result has
/// at most this many bytes plus one event.
/// </param>
/// <param name="FromEnd">Whether the newest events of the range are read, if not all fit.</param>
public readonly record struct MessageLogRange(long After, int Limit, int Bytes = int.MaxValue, bool FromEnd = false);

/// <summary>Reads that are limited by a number of events only, not by bytes.</summary>
public static class MessageLogReads
{
    /// <summary>Reads up to <paramref name="limit"/> events after a sequence, ascending.</summary>
    public static Task<IReadOnlyList<RoomEvent>> ReadAsync(
        this IMessageLog log, string room, long after, int limit, CancellationToken cancellationToken) =>
        log.ReadAsync(room, new(after, limit), cancellationToken);
}
