using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// The messages that reply to the message <paramref name="Message"/>, with sequences after <paramref name="After"/> and
/// before <paramref name="Before"/>. If these messages do not fit, only the first or the last of them are read.
/// </summary>
/// <param name="Limit">Maximum number of messages.</param>
/// <param name="Bytes">See <see cref="MessageLogRange"/>.</param>
/// <param name="FromEnd">
/// What to read if not all messages fit: the newest messages if true, the oldest messages if false.
/// </param>
public readonly record struct ThreadRange(long Message, long After, long Before, int Limit, int Bytes = int.MaxValue, bool FromEnd = false);

/// <summary>Messages of a thread, ascending.</summary>
/// <param name="More">
/// Whether the range has more messages: newer ones than these, or older ones if the range was read from its end.
/// </param>
public sealed record ThreadPage(IReadOnlyList<RoomEvent> Events, bool More)
{
    /// <summary>The page of a message without replies, or of a message that does not exist.</summary>
    public static readonly ThreadPage Empty = new([], false);
}

/// <summary>The rules of threads that all stores share.</summary>
internal static class ThreadRules
{
    /// <summary>The replies to one message are counted up to this number.</summary>
    public const int MaxReplies = 100;

    /// <summary>
    /// A count reads at most this number of the message's oldest replies, deleted ones included. So a count is too low
    /// only if more than <see cref="MaxReplies"/> replies were deleted.
    /// </summary>
    public const int MaxReadReplies = 2 * MaxReplies;

    /// <summary>
    /// The users whose read mark is in <see cref="IMessageLog.ReadersAsync"/> although the store has no members: the
    /// two people of a direct room. Empty for other rooms.
    /// </summary>
    public static string[] People(string room) => RoomKey.People(room) is var (first, second) ? [first, second] : [];
}
