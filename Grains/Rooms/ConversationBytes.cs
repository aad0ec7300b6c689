using System.Text;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Computes the bytes of conversations in a frame, so that a page with long names and texts gets fewer of them.
/// </summary>
internal static class ConversationBytes
{
    /// <summary>Maximum bytes of the conversations of a page.</summary>
    public const int Page = 48 * 1024;

    /// <summary>Bytes of a conversation without its names and texts: the field names and all numbers.</summary>
    private const int Overhead = 190;

    /// <summary>Bytes of a conversation's settings if they are not the defaults.</summary>
    private const int Settings = 100;

    /// <summary>Bytes of the counts that are left out if they are 0 or false.</summary>
    private const int Counts = 40;

    /// <summary>
    /// Returns how many conversations, counted from the first one, fit into the bytes. Counts one even if it does not
    /// fit, so that each page makes progress.
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

    /// <summary>The bytes of a JSON string. A control character can take six bytes.</summary>
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
