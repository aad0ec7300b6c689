using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>The rules of threads that all stores share.</summary>
internal static class ThreadRules
{
    /// <summary>The highest count of replies to one message. More replies are not counted.</summary>
    public const int MaxReplies = 100;

    /// <summary>
    /// A count reads at most this number of the message's oldest replies, deleted ones included. So a count is too low
    /// only if more than <see cref="MaxReplies"/> replies were deleted.
    /// </summary>
    public const int MaxReadReplies = 2 * MaxReplies;

    /// <summary>
    /// Returns the two people of a direct room, from its key. Empty for other rooms.
    /// <see cref="IMessageLog.ReadersAsync"/> counts these people as members.
    /// </summary>
    public static string[] People(string room) => RoomKey.People(room) is var (first, second) ? [first, second] : [];
}
