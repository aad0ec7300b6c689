using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Faulty.Silo;

/// <summary>The faults of a silo: the settings of section <c>Faults</c>.</summary>
internal sealed record SiloFaults
{
    public const string Section = "Faults";

    public LogFault Log { get; init; }

    public CountFault Counts { get; init; }

    /// <summary>For <see cref="LogFault.AnswerBeforeCommit"/>: milliseconds from the answer to the commit.</summary>
    [Range(1, 60_000)] public int DelayMs { get; init; } = 500;
}

/// <summary>A fault of a message log.</summary>
internal enum LogFault
{
    None,

    /// <summary>The log answers an append first, and commits it later.</summary>
    AnswerBeforeCommit,

    /// <summary>If a client repeats a send with the same client id, the log stores a second event.</summary>
    ForgetClientId,

    /// <summary>
    /// The log loses the newest event of a room, and the next event gets the sequence of the lost event.
    /// </summary>
    ReuseSequence,
}

/// <summary>A fault of the counts and the lists of conversations.</summary>
internal enum CountFault
{
    None,

    /// <summary>The user's own messages count as unread.</summary>
    OwnMessages,

    /// <summary>A deleted message still counts as unread.</summary>
    DeletedMessages,

    /// <summary>A message that mentions everyone does not count as a mention.</summary>
    ForgetEveryone,

    /// <summary>The counts of a row are those of an older head than the one in the row.</summary>
    OldCounts,

    /// <summary>
    /// The list is an older one that the silo has kept. It is right for its own heads, but newer events are missing.
    /// </summary>
    OldList,

    /// <summary>The changes since a cursor lack one of the rows that changed.</summary>
    ForgetChange,

    /// <summary>The changes since a cursor do not name the rooms that are no longer in the list.</summary>
    ForgetRemoval,

    /// <summary>Deleted replies still count as replies.</summary>
    DeletedReplies,

    /// <summary>The counts in <c>joined</c> include the user's own messages.</summary>
    OwnMessagesInJoined,
}
