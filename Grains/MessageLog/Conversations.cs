using System.Globalization;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// A conversation of a user: a group, a direct conversation or a followed channel. In a group, the user is a member or
/// invited. An invited user does not see the activity in the group: <paramref name="Last"/> is null,
/// <paramref name="Seq"/>, <paramref name="Read"/> and all counts are 0, and <paramref name="Ts"/> is the time of the
/// invitation.
/// </summary>
/// <param name="Ts">The newest event's time in milliseconds since 1970 UTC; 0 for none.</param>
/// <param name="Read">The user's read mark; 0 for none.</param>
/// <param name="Unread">See <see cref="UnreadCounts"/>.</param>
/// <param name="Role">The user's role in a group; <see cref="RoomRole.None"/> in other rooms.</param>
/// <param name="Last">The newest event; null for none.</param>
/// <param name="Mentions">See <see cref="UnreadCounts"/>.</param>
/// <param name="UnreadMore">See <see cref="UnreadCounts.HasMore"/>.</param>
public sealed record ConversationRow(
    string Room, RoomKind Kind, long Seq, long Ts, long Read, long Unread, RoomRole Role, string? Title, NewestEvent? Last = null,
    ConversationSettings Settings = default, long Mentions = 0, bool UnreadMore = false);

/// <summary>
/// The position of a conversation in a user's list: its <see cref="ConversationRow.Ts"/> and its room.
/// </summary>
public readonly record struct ConversationsBefore(long Ts, string Room);

/// <summary>A page of a user's conversations.</summary>
/// <param name="Cursor">
/// The cursor for <see cref="IMessageLog.ConversationChangesAsync"/>, which then returns every change that is not in
/// these rows.
/// </param>
public sealed record ConversationRows(IReadOnlyList<ConversationRow> Rows, string Cursor);

/// <summary>What changed in a user's conversations since a cursor.</summary>
/// <param name="Rows">
/// The conversations that changed, newest first. A conversation that did not change may be among them.
/// </param>
/// <param name="Removed">
/// Rooms that changed and are not in the user's list now. A room that was not in the list before may be among them.
/// </param>
/// <param name="Cursor">The cursor for the next read.</param>
public sealed record ConversationChanges(IReadOnlyList<ConversationRow> Rows, IReadOnlyList<string> Removed, string Cursor);

/// <summary>A change of a user's personal settings of a room. A setting that is null stays as it is.</summary>
/// <param name="Hidden">
/// True hides the conversation until the room's next event. If the user is only invited, true hides it until the user's
/// next invitation. False shows the conversation again.
/// </param>
/// <param name="MutedUntil">
/// The time, in milliseconds since 1970 UTC, until which clients show no notifications of the conversation; 0 for no
/// mute.
/// </param>
public sealed record ConversationChange(
    bool? Followed = null, bool? Pinned = null, bool? Archived = null, bool? Hidden = null, long? MutedUntil = null)
{
    /// <summary>Whether the change turns any setting on. Only such a change can exceed a limit.</summary>
    public bool Sets => Followed == true || Pinned == true || Archived == true || Hidden == true || MutedUntil > 0;
}

/// <summary>Whether a <see cref="ConversationChange"/> was stored.</summary>
public enum ConversationStored
{
    Yes,

    /// <summary>The user already follows <see cref="ConversationRules.MaxFollowed"/> channels.</summary>
    FollowsTooMany,

    /// <summary>The user already has settings for <see cref="ConversationRules.MaxSettings"/> rooms.</summary>
    TooManySettings,

    /// <summary>The room does not exist.</summary>
    NoRoom,
}

/// <summary>The rules of personal settings and of cursors, for all stores.</summary>
public static class ConversationRules
{
    /// <summary>Maximum number of channels that a user follows.</summary>
    public const int MaxFollowed = 1000;

    /// <summary>Maximum number of rooms for which a user has settings.</summary>
    public const int MaxSettings = 10_000;

    /// <summary>Maximum length of <see cref="NewestEvent.Text"/>, in Unicode code points.</summary>
    public const int TextCharacters = 200;

    /// <summary>The value of the column <c>hidden</c> for a conversation that is not hidden.</summary>
    internal const long NotHidden = -1;

    internal static string ToCursor(string log, long number) => string.Create(CultureInfo.InvariantCulture, $"{log}.{number}");

    /// <summary>
    /// Returns the number of a cursor. Null if the text is not a cursor of this log, or if the number is too high. The
    /// number is too high if an older state of the log was restored from a backup.
    /// </summary>
    /// <param name="log">The id of the log.</param>
    /// <param name="newest">The highest number that a cursor of this log can have now.</param>
    internal static long? FromCursor(string cursor, string log, long newest) =>
        Number(cursor) is { } number && number <= newest && ToCursor(log, number) == cursor ? number : null;

    /// <summary>
    /// Returns the number of a cursor, which may come from another log. Null if the text is not a cursor.
    /// </summary>
    internal static long? Number(string cursor) =>
        long.TryParse(cursor[(cursor.LastIndexOf('.') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
