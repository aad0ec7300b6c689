using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Grains.Rooms;

/// <summary>The bounds of a room. Bound from configuration section <c>Rooms</c> and checked at start.</summary>
public sealed class RoomOptions : IValidatableObject
{
    /// <summary>Entries of one append.</summary>
    [Range(1, 4096)] public int RowsPerBatch { get; set; } = 256;

    /// <summary>Entries that wait for an append, a room; above it posts are refused as unavailable.</summary>
    [Range(1, 100_000)] public int WaitingEntries { get; set; } = 4096;

    /// <summary>Events that wait for one gateway's inbox, a room; above it they are dropped, and the gateway reads them in the log.</summary>
    [Range(1, 100_000)] public int WaitingPublishes { get; set; } = 2048;

    /// <summary>
    /// Milliseconds between two times that a busy room tells a gateway something; what happens meanwhile travels together, and where it is more
    /// than a quarter of <see cref="TellEvents"/> the next time is half as long again. A calm room, up to some 100 times a second, tells at once.
    /// 0 for always at once.
    /// </summary>
    [Range(0, 1000)] public int TellMs { get; set; } = 8;

    /// <summary>Events that are told at once although it is not time yet.</summary>
    [Range(1, 4096)] public int TellEvents { get; set; } = 64;

    /// <summary>Users attached to a room at one time; above it an enter is refused as full.</summary>
    [Range(1, 10_000_000)] public int AttachedUsers { get; set; } = 100_000;

    /// <summary>Members of a group; above it an enter by somebody new is refused as full.</summary>
    [Range(1, 100_000)] public int GroupMembers { get; set; } = 1000;

    /// <summary>Users up to whom comings and goings are told by name; above it the count alone is told.</summary>
    [Range(0, 10_000)] public int NamedAttendance { get; set; } = 50;

    /// <summary>Milliseconds between two notices of who came and went, while they keep coming.</summary>
    [Range(1, 10_000)] public int AttendanceMs { get; set; } = 100;

    /// <summary>Milliseconds between two notices of the count alone.</summary>
    [Range(1, 60_000)] public int CountMs { get; set; } = 1000;

    /// <summary>Milliseconds without comings and goings after which the last notice's number is told once more.</summary>
    [Range(100, 60_000)] public int NoticeRecapMs { get; set; } = 3000;

    /// <summary>Notices of comings and goings that are kept for gateways that missed them; behind them, a gateway hears the count alone.</summary>
    [Range(1, 10_000)] public int NoticesKept { get; set; } = 64;

    /// <summary>Milliseconds between two typing notices of one user in a room; those in between are dropped.</summary>
    [Range(0, 60_000)] public int TypingMs { get; set; } = 1000;

    /// <summary>Milliseconds after which a moved read mark is in the log. What a crash may take back: marks, never events.</summary>
    [Range(1, 1000)] public int MarkFlushMs { get; set; } = 500;

    /// <summary>Messages of whom author and deletion are kept in memory, a room; of others they are read in the log.</summary>
    [Range(0, 100_000)] public int RecentMessages { get; set; } = 1024;

    /// <summary>Milliseconds after which a poster is told to try again when the log is away.</summary>
    [Range(1, 60_000)] public int LogRetryMs { get; set; } = 500;

    /// <summary>Milliseconds after which a poster is told to try again when the room is moving to another silo.</summary>
    [Range(1, 60_000)] public int MoveRetryMs { get; set; } = 100;

    /// <summary>How often a member's bell is rung before it is given up; the log and the beacon then tell.</summary>
    [Range(1, 20)] public int RingAttempts { get; set; } = 4;

    /// <summary>Milliseconds before a bell is rung again; doubled each time.</summary>
    [Range(1, 10_000)] public int RingRetryMs { get; set; } = 200;

    /// <summary>Milliseconds that a leaving activation waits for what it still publishes.</summary>
    [Range(0, 30_000)] public int DrainMs { get; set; } = 2000;

    /// <summary>What no single setting's range can tell.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (WaitingPublishes < TellEvents)
        {
            yield return new(
                $"Rooms:WaitingPublishes ({WaitingPublishes}) is less than Rooms:TellEvents ({TellEvents}): a busy room would drop what only waits to be told together. Raise the one or lower the other.",
                [nameof(WaitingPublishes)]);
        }
    }
}
