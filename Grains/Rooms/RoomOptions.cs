using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Grains.Rooms;

/// <summary>Limits and intervals of a room. Section <c>Rooms</c>.</summary>
public sealed class RoomOptions
{
    public const string Section = "Rooms";

    /// <summary>
    /// Users who may be attached to one room at the same time. A further user is refused as <c>room_full</c>.
    /// </summary>
    internal const int AttachedUsers = 100_000;

    /// <summary>
    /// Presence updates that a room keeps for gateways that missed them. A gateway that missed more gets only the
    /// number of users.
    /// </summary>
    internal const int PresenceUpdatesKept = 64;

    /// <summary>
    /// Retry delay that a client gets if its command is refused because the message log or the grain of its user cannot
    /// be reached, or because too many messages wait.
    /// </summary>
    internal const int MessageLogRetryMs = 500;

    /// <summary>
    /// Retry delay that a client gets if its command is refused because the room is moving to another silo.
    /// </summary>
    internal const int MoveRetryMs = 100;

    /// <summary>Minimum time between two presence updates with names.</summary>
    internal static readonly TimeSpan PresenceInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Minimum time between two presence updates with only the number of users.</summary>
    internal static readonly TimeSpan PresenceCountInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time without a presence change after which the version of the last presence update is published once more, so
    /// that a gateway that missed it notices.
    /// </summary>
    internal static readonly TimeSpan PresenceResync = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Time after which a moved read mark is written to the message log. A crash can lose the read marks of this time,
    /// but never events.
    /// </summary>
    internal static readonly TimeSpan MarkFlush = TimeSpan.FromMilliseconds(500);

    /// <summary>Maximum time that a deactivating room waits for its last publishes and notifications.</summary>
    internal static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Members that one group may have. A further user is refused as <c>room_full</c>.</summary>
    [Range(1, 100_000)] public int GroupMembers { get; set; } = 1000;

    /// <summary>
    /// Rooms that one user may create at once; then one per minute. The first message of a direct room counts too. 0
    /// for no limit.
    /// </summary>
    [Range(0, 1_000_000)] public int CreatesPerUser { get; set; } = 20;

    /// <summary>
    /// How long it takes until a user who has created <see cref="CreatesPerUser"/> rooms may create one more.
    /// </summary>
    internal TimeSpan CreateInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Maximum number of entries in one append of a room, and of events in one publish.</summary>
    internal int RowsPerBatch { get; set; } = 256;

    /// <summary>
    /// Entries of one room that may wait to be appended. A further post is refused as <c>unavailable</c>.
    /// </summary>
    internal int WaitingEntries { get; set; } = 4096;

    /// <summary>
    /// Events of one room that may wait to be published to one gateway. If more wait, all of them are dropped, and the
    /// gateway reads them from the message log. At least <see cref="PublishEvents"/>: a busy room would otherwise drop
    /// events that only wait for their batch.
    /// </summary>
    internal int WaitingPublishes { get; set; } = 2048;

    /// <summary>
    /// Minimum time between two publishes of a busy room to one gateway; events in between are batched. After a batch
    /// of more than a quarter of <see cref="PublishEvents"/> the interval is 50 % longer. A room with fewer than about
    /// 100 publishes per second publishes at once. Zero turns the interval off.
    /// </summary>
    internal TimeSpan PublishInterval { get; set; } = TimeSpan.FromMilliseconds(8);

    /// <summary>
    /// Number of waiting events at which a room publishes before <see cref="PublishInterval"/> has passed.
    /// </summary>
    internal int PublishEvents { get; set; } = 64;

    /// <summary>
    /// Largest number of attached users at which presence updates name the users who arrived and left. Above it they
    /// have only the number of users.
    /// </summary>
    internal int NamedPresence { get; set; } = 50;

    /// <summary>
    /// Minimum time between two typing notices of one user in a room. Notices in between are dropped.
    /// </summary>
    internal TimeSpan TypingInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Messages per room whose author and deletion are kept in memory. For other messages, the room reads both from the
    /// message log.
    /// </summary>
    internal int RecentMessages { get; set; } = 1024;

    /// <summary>
    /// How many times a room tries to notify a member of new messages. Then it gives up; the messages are in the
    /// message log.
    /// </summary>
    internal int NotifyAttempts { get; set; } = 4;

    /// <summary>Delay before the first retry of a notification; doubled for each further retry.</summary>
    internal TimeSpan NotifyRetry { get; set; } = TimeSpan.FromMilliseconds(200);
}
