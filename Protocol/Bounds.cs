namespace OrleansChat.Protocol;

/// <summary>
/// Bounds that version 1 of the protocol fixes. They cannot be configured, so a client may rely on them.
/// </summary>
public static class Bounds
{
    /// <summary>Maximum length of the name of a channel or group, in characters.</summary>
    public const int RoomNameCharacters = 64;

    /// <summary>Maximum length of a user id, in Unicode code points.</summary>
    public const int UserIdCodePoints = 128;

    /// <summary>Maximum length of a command's id, in Unicode scalar values.</summary>
    public const int IdCharacters = 64;

    /// <summary>Maximum length of a device's name, in Unicode scalar values.</summary>
    public const int DeviceCharacters = 64;

    /// <summary>Maximum length of an epoch, in Unicode scalar values.</summary>
    public const int EpochCharacters = 64;

    /// <summary>Maximum length of a token, in Unicode scalar values.</summary>
    public const int TokenCharacters = 8192;

    /// <summary>Maximum length of a group's title, in Unicode scalar values.</summary>
    public const int TitleCharacters = 100;

    /// <summary>
    /// Maximum value of <c>uses</c>, the number of users who may join by an invitation link. Without <c>uses</c>, any
    /// number of users may join.
    /// </summary>
    public const int LinkUses = 1000;

    /// <summary>Maximum number of seconds of a group's slow mode: six hours.</summary>
    public const int SlowSeconds = 21_600;

    /// <summary>Maximum number of pinned messages in a room.</summary>
    public const int PinsPerRoom = 50;

    /// <summary>Maximum length of a reaction's emoji, in UTF-8 bytes.</summary>
    public const int EmojiBytes = 64;

    /// <summary>Maximum number of names in <c>mentions</c>.</summary>
    public const int MentionsPerMessage = 20;

    /// <summary>Maximum number of conversations in one page. A larger <c>limit</c> counts as this number.</summary>
    public const int ConversationsPerPage = 100;

    /// <summary>Maximum length of the cursor of a list of conversations, in Unicode scalar values.</summary>
    public const int CursorCharacters = 64;

    /// <summary>
    /// Maximum length of the text of the newest event in a list of conversations, in Unicode scalar values. The server
    /// cuts a longer text.
    /// </summary>
    public const int LastTextCharacters = 200;

    /// <summary>Maximum number of members in one page. A larger <c>limit</c> counts as this number.</summary>
    public const int MembersPerPage = 200;

    /// <summary>Maximum number of replies that the server counts for one message.</summary>
    public const int CountedReplies = 100;

    /// <summary>Maximum number of users in the list of a message's readers.</summary>
    public const int ReadersPerMessage = 100;

    /// <summary>Maximum number of users whom one user has blocked.</summary>
    public const int BlockedUsers = 1000;

    /// <summary>Maximum length of the reason of a report, in Unicode scalar values.</summary>
    public const int ReasonCharacters = 500;

    /// <summary>Maximum number of reports in one answer. A larger <c>limit</c> counts as this number.</summary>
    public const int ReportsPerPage = 100;

    /// <summary>Maximum nesting depth of a command's JSON, counting the command's own object.</summary>
    public const int Depth = 16;

    /// <summary>
    /// Maximum number of lines in one frame that are valid UTF-8 but not JSON. After this number of such lines, the
    /// server does not read the frame further. The parser throws an exception for each such line, so the line costs
    /// more than a command.
    /// </summary>
    public const int BrokenLines = 8;
}
