using System.Text;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Computes how many bytes conversations take in a frame. So a page gets fewer conversations if their names and texts
/// are long.
/// </summary>
internal static class ConversationBytes
{
    /// <summary>Maximum number of bytes of all conversations of a page.</summary>
    public const int Page = 48 * 1024;

    /// <summary>
    /// Bytes of a conversation's field names and numbers. Its names and texts are counted separately.
    /// </summary>
    private const int Overhead = 190;

    /// <summary>Bytes of a conversation's settings if they are not the defaults.</summary>
    private const int Settings = 100;

    /// <summary>
    /// Bytes of the number of mentions, and of the flag that there are more unread messages. A frame leaves both out if
    /// they are 0 or false.
    /// </summary>
    private const int Counts = 40;

    /// <summary>
    /// Returns how many of the rows, from the first one on, fit into <paramref name="bytes"/>. Returns 1 even if the
    /// first row does not fit, so that each page makes progress. Returns 0 only if there are no rows.
    /// </summary>
    public static int Fitting(IReadOnlyList<ConversationRow> rows, int bytes)
    {
        var count = 0;
        while (count < rows.Count && (bytes -= Count(rows[count])) >= 0)
        {
            count++;
        }

        return Math.Min(Math.Max(count, 1), rows.Count);
    }

    /// <summary>The bytes of a list of rooms.</summary>
    public static int Count(IReadOnlyList<string> rooms) => rooms.Sum(room => Count(room) + 3);

    private static int Count(ConversationRow row) =>
        Overhead + (row.Settings == default ? 0 : Settings) + (row is { Mentions: 0, UnreadMore: false } ? 0 : Counts)
        + Count(row.Room) + Count(row.Title) + Count(row.Last?.From) + Count(row.Last?.Text);

    /// <summary>
    /// The bytes of a JSON string. Counts six bytes for a control character, the length of its longest form.
    /// </summary>
    private static int Count(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        var escapes = 0;
        foreach (var character in text)
        {
            escapes += character < ' ' ? 5 : character is '"' or '\\' ? 1 : 0;
        }

        return Encoding.UTF8.GetByteCount(text) + escapes;
    }
}
