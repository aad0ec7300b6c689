using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

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
