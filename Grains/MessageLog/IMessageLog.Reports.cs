using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>The messages that users reported to the moderators of a room.</summary>
public partial interface IMessageLog
{
    /// <summary>
    /// Returns the facts that decide whether a user can report a message. Null if the room has no such message.
    /// </summary>
    /// <param name="user">The user who reports.</param>
    Task<ReportTarget?> ReportTargetAsync(string room, long message, string user, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a report. If the user has reported the message before, nothing changes, and the result is
    /// <see cref="ReportStored.Yes"/>. When a message is deleted, its reports are removed. No report of a deleted
    /// message is stored. Two reports at the same time may both be stored, even if together they exceed
    /// <see cref="ReportRules.MaxReports"/>.
    /// </summary>
    Task<ReportStored> ReportAsync(string room, NewReport report, CancellationToken cancellationToken);

    /// <summary>Returns the newest reports of a room, newest first.</summary>
    Task<IReadOnlyList<MessageReport>> ReportsAsync(string room, int limit, CancellationToken cancellationToken);

    /// <summary>Removes all reports of a message. Does nothing if there are none.</summary>
    Task DismissAsync(string room, long message, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the settings of a group; null for the defaults, for other rooms, and for a room that does not exist.
    /// </summary>
    Task<RoomSettings?> SettingsAsync(string room, CancellationToken cancellationToken);
}

/// <summary>A message that a user wants to report.</summary>
/// <param name="IsReported">Whether the user has reported the message before.</param>
public sealed record ReportTarget(string Author, bool IsDeleted, bool IsReported);

/// <summary>A report to store.</summary>
/// <param name="Message">The sequence of the message.</param>
/// <param name="User">The user who reports the message.</param>
/// <param name="Ts">Milliseconds since 1970 UTC.</param>
/// <param name="Reason">The reason that the user gave; null for none.</param>
public sealed record NewReport(long Message, string User, long Ts, string? Reason);

/// <summary>Whether a <see cref="NewReport"/> was stored.</summary>
public enum ReportStored
{
    Yes,

    /// <summary>The message was deleted, or there is no such message.</summary>
    Gone,

    /// <summary>The room already has <see cref="ReportRules.MaxReports"/> reports.</summary>
    TooMany,
}

/// <summary>The limit of reports. All stores apply it.</summary>
public static class ReportRules
{
    /// <summary>Maximum number of reports of a room that are neither dismissed nor removed by a deletion.</summary>
    public const int MaxReports = 1000;
}
