using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Grains.Rooms;

/// <summary>Limits and intervals of a room. Read from the configuration section <c>Rooms</c>.</summary>
public sealed class RoomOptions
{
    public const string Section = "Rooms";

    /// <summary>
    /// Maximum number of users attached to one room at the same time. A further user is refused as <c>room_full</c>.
    /// </summary>
    internal const int AttachedUsers = 100_000;

    /// <summary>
    /// Maximum number of times that an enter command reads the user's counts. The command reads them again if the
    /// user's read mark moved or a message was deleted during the read. After the last read, the command answers with
    /// the counts of that read.
    /// </summary>
    internal const int CountReads = 3;

    /// <summary>
    /// Number of presence updates that a room keeps for gateways that missed them. A gateway that missed more updates
    /// gets only the number of users.
    /// </summary>
    internal const int PresenceUpdatesKept = 64;

    /// <summary>
    /// Retry delay, in milliseconds, that a client gets if the message log or the user's grain cannot be reached, or if
    /// too many messages wait.
    /// </summary>
    internal const int MessageLogRetryMs = 500;

    /// <summary>Retry delay, in milliseconds, that a client gets if the room is moving to another silo.</summary>
    internal const int MoveRetryMs = 100;

    /// <summary>
    /// Retry delay, in milliseconds, that a client gets if every process of the cluster must be upgraded before its
    /// command is possible.
    /// </summary>
    internal const int UpgradeRetryMs = 1000;

    /// <summary>Retry delay, in milliseconds, that a client gets if the room authorizer does not answer.</summary>
    internal const int DecisionRetryMs = 1000;

    /// <summary>Minimum time between two presence updates with names.</summary>
    internal static readonly TimeSpan PresenceInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Minimum time between two presence updates with only the number of users.</summary>
    internal static readonly TimeSpan PresenceCountInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// If presence does not change for this time, the room publishes the version of the last presence update once more.
    /// A gateway that missed the update notices this from the version.
    /// </summary>
    internal static readonly TimeSpan PresenceResync = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Time after which a moved read mark is written to the message log. A crash can lose the read marks that moved
    /// within this time, but never events.
    /// </summary>
    internal static readonly TimeSpan MarkFlush = TimeSpan.FromMilliseconds(500);

    /// <summary>Maximum time that a deactivating room waits for its last publishes and notifications.</summary>
    internal static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Maximum number of members of a group. A further user is refused as <c>room_full</c>. A group may also have this
    /// number of invited users, and this number of users who are banned or muted.
    /// </summary>
    [Range(1, 100_000)] public int GroupMembers { get; set; } = 1000;

    /// <summary>
    /// Number of rooms that one user may create at once. After that, the user may create one room per minute. The first
    /// message of a direct room counts as a creation. 0 for no limit.
    /// </summary>
    [Range(0, 1_000_000)] public int CreatesPerUser { get; set; } = 20;

    /// <summary>
    /// How long it takes until a user who has created <see cref="CreatesPerUser"/> rooms may create one more.
    /// </summary>
    internal TimeSpan CreateInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Number of invitations that one user may send at once. After that, the user may send one invitation per minute. 0
    /// for no limit.
    /// </summary>
    [Range(0, 1_000_000)] public int InvitesPerUser { get; set; } = 50;

    /// <summary>
    /// How long it takes until a user who has sent <see cref="InvitesPerUser"/> invitations may send one more.
    /// </summary>
    internal TimeSpan InviteInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Number of groups that one user may join at once. After that, the user may join one group per 10 s. A join of a
    /// group in which the user is a member already does not count. 0 for no limit.
    /// </summary>
    [Range(0, 1_000_000)] public int JoinsPerUser { get; set; } = 100;

    /// <summary>
    /// How long it takes until a user who has joined <see cref="JoinsPerUser"/> groups may join one more.
    /// </summary>
    internal TimeSpan JoinInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Number of messages that one user may report at once. After that, the user may report one message per minute. 0
    /// for no limit.
    /// </summary>
    [Range(0, 1_000_000)] public int ReportsPerUser { get; set; } = 20;

    /// <summary>
    /// How long it takes until a user who has reported <see cref="ReportsPerUser"/> messages may report one more.
    /// </summary>
    internal TimeSpan ReportInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Maximum number of groups of one user. A user who is a member of this number of groups cannot join another one. A
    /// user whose groups and invitations together reach this number cannot be invited. Both are refused as
    /// <c>room_full</c>. 0 for no limit.
    /// </summary>
    [Range(0, 1_000_000)] public int GroupsPerUser { get; set; } = 1000;

    /// <summary>Maximum number of entries in one append of a room, and of events in one publish.</summary>
    internal int RowsPerBatch { get; set; } = 256;

    /// <summary>
    /// Maximum number of entries of one room that wait to be appended. A further post is refused as <c>unavailable</c>.
    /// </summary>
    internal int WaitingEntries { get; set; } = 4096;

    /// <summary>
    /// Maximum number of events of one room that wait to be published to one gateway. If more would wait, all waiting
    /// events are dropped, and the gateway reads them from the message log. Must be at least
    /// <see cref="PublishEvents"/>. Otherwise a busy room would drop events that only wait for their batch.
    /// </summary>
    internal int WaitingPublishes { get; set; } = 2048;

    /// <summary>
    /// Minimum time between two publishes of a busy room to one gateway. Events in between are batched. After a batch
    /// of more than a quarter of <see cref="PublishEvents"/> the interval is 50 % longer. A room with fewer than about
    /// 100 publishes per second publishes each commit at once. Zero means no minimum time.
    /// </summary>
    internal TimeSpan PublishInterval { get; set; } = TimeSpan.FromMilliseconds(8);

    /// <summary>
    /// Number of waiting events at which a room publishes before <see cref="PublishInterval"/> has passed.
    /// </summary>
    internal int PublishEvents { get; set; } = 64;

    /// <summary>
    /// Up to this number of attached users, presence updates name the users who arrived and left. In a room with more
    /// users, updates have only the number of users.
    /// </summary>
    internal int NamedPresence { get; set; } = 50;

    /// <summary>
    /// Minimum time between two typing notices of one user in a room. Notices in between are dropped.
    /// </summary>
    internal TimeSpan TypingInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Number of events of one room for which the room remembers who wrote the message and whether it was deleted. For
    /// other events, the room reads the message log.
    /// </summary>
    internal int RecentMessages { get; set; } = 1024;

    /// <summary>
    /// How many times a room tries to notify a member of new messages. After the last attempt the room drops the
    /// notification. The messages are in the message log.
    /// </summary>
    internal int NotifyAttempts { get; set; } = 4;

    /// <summary>Delay before the first retry of a notification; doubled for each further retry.</summary>
    internal TimeSpan NotifyRetry { get; set; } = TimeSpan.FromMilliseconds(200);
}
