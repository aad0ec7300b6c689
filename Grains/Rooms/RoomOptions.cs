using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Grains.Rooms;

/// <summary>Limits and intervals of a room. Section <c>Rooms</c>, validated at startup.</summary>
public sealed class RoomOptions : IValidatableObject
{
    /// <summary>Maximum number of entries in one append of a room, and of events in one publish.</summary>
    [Range(1, 4096)] public int RowsPerBatch { get; set; } = 256;

    /// <summary>
    /// Entries of one room that may wait to be appended. A further post is refused as <c>unavailable</c>.
    /// </summary>
    [Range(1, 100_000)] public int WaitingEntries { get; set; } = 4096;

    /// <summary>
    /// Events of one room that may wait to be published to one gateway. If more wait, all of them are dropped, and the
    /// gateway reads them from the message log.
    /// </summary>
    [Range(1, 100_000)] public int WaitingPublishes { get; set; } = 2048;

    /// <summary>
    /// Minimum milliseconds between two publishes of a busy room to one gateway; events in between are batched. After a
    /// batch of more than a quarter of <see cref="PublishEvents"/> the interval is half as long again. A room with
    /// fewer than about 100 publishes per second publishes at once. 0 turns the interval off.
    /// </summary>
    [Range(0, 1000)] public int PublishMs { get; set; } = 8;

    /// <summary>Number of waiting events at which a room publishes before <see cref="PublishMs"/> is over.</summary>
    [Range(1, 4096)] public int PublishEvents { get; set; } = 64;

    /// <summary>
    /// Users who may be attached to one room at the same time. A further user is refused as <c>room_full</c>.
    /// </summary>
    [Range(1, 10_000_000)] public int AttachedUsers { get; set; } = 100_000;

    /// <summary>Members that one group may have. A further user is refused as <c>room_full</c>.</summary>
    [Range(1, 100_000)] public int GroupMembers { get; set; } = 1000;

    /// <summary>
    /// Largest number of attached users at which presence updates name the users who arrived and left. Above it they
    /// have only the number of users.
    /// </summary>
    [Range(0, 10_000)] public int NamedPresence { get; set; } = 50;

    /// <summary>Minimum milliseconds between two presence updates with names.</summary>
    [Range(1, 10_000)] public int PresenceMs { get; set; } = 100;

    /// <summary>Minimum milliseconds between two presence updates with only the number of users.</summary>
    [Range(1, 60_000)] public int PresenceCountMs { get; set; } = 1000;

    /// <summary>
    /// Milliseconds without a presence change after which the version of the last presence update is published once
    /// more, so that a gateway that missed it notices.
    /// </summary>
    [Range(100, 60_000)] public int PresenceResyncMs { get; set; } = 3000;

    /// <summary>
    /// Presence updates that a room keeps for gateways that missed them. A gateway that missed more gets only the
    /// number of users.
    /// </summary>
    [Range(1, 10_000)] public int PresenceUpdatesKept { get; set; } = 64;

    /// <summary>
    /// Minimum milliseconds between two typing notices of one user in a room. Those in between are dropped.
    /// </summary>
    [Range(0, 60_000)] public int TypingMs { get; set; } = 1000;

    /// <summary>
    /// Milliseconds after which a moved read mark is written to the message log. A crash can lose the read marks of
    /// this time, but never events.
    /// </summary>
    [Range(1, 1000)] public int MarkFlushMs { get; set; } = 500;

    /// <summary>
    /// Messages per room whose author and deletion are kept in memory. For other messages, the room reads them from the
    /// message log.
    /// </summary>
    [Range(0, 100_000)] public int RecentMessages { get; set; } = 1024;

    /// <summary>
    /// Retry delay, in milliseconds, that a client gets if its command is refused because the message log or the grain
    /// of its user cannot be reached, or because too many messages wait.
    /// </summary>
    [Range(1, 60_000)] public int MessageLogRetryMs { get; set; } = 500;

    /// <summary>
    /// Retry delay, in milliseconds, that a client gets if its command is refused because the room is moving to another
    /// silo.
    /// </summary>
    [Range(1, 60_000)] public int MoveRetryMs { get; set; } = 100;

    /// <summary>
    /// Rooms that one user may create at once; then one per <see cref="CreateInterval"/>. The first message of a direct
    /// room counts too. 0 for no limit.
    /// </summary>
    [Range(0, 1_000_000)] public int CreatesPerUser { get; set; } = 20;

    /// <summary>
    /// How long it takes until a user who has created <see cref="CreatesPerUser"/> rooms may create one more.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "10:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CreateInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How many times a room tries to notify a member of new messages. Then it gives up; the messages are in the
    /// message log.
    /// </summary>
    [Range(1, 20)] public int NotifyAttempts { get; set; } = 4;

    /// <summary>Milliseconds before the first retry of a notification; doubled for each further one.</summary>
    [Range(1, 10_000)] public int NotifyRetryMs { get; set; } = 200;

    /// <summary>Maximum milliseconds that a deactivating room waits for its last publishes and notifications.</summary>
    [Range(0, 30_000)] public int DrainMs { get; set; } = 2000;

    /// <summary>Checks settings that depend on each other.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (WaitingPublishes < PublishEvents)
        {
            yield return new(
                $"Rooms:WaitingPublishes ({WaitingPublishes}) is less than Rooms:PublishEvents ({PublishEvents}), so a busy room would drop events that only wait for their batch. Raise Rooms:WaitingPublishes, or lower Rooms:PublishEvents.",
                [nameof(WaitingPublishes)]);
        }
    }
}
