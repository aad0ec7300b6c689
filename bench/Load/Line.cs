using System.Buffers.Text;

namespace OrleansChat.Load;

/// <summary>
/// Finds values in a line from the server without parsing all of it: a JSON parser is too slow for 200,000 lines per
/// second. The class relies on the order in which OrleansChat writes the fields of a line. If that order changes, this
/// class finds no values, and the run is invalid.
/// </summary>
internal static class Line
{
    /// <summary>Takes the first line of a frame. Returns false if the frame has no more lines.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> line)
    {
        if (frame.IsEmpty)
        {
            line = default;
            return false;
        }

        var end = frame.IndexOf((byte)'\n');
        line = end < 0 ? frame : frame[..end];
        frame = end < 0 ? default : frame[(end + 1)..];
        return true;
    }

    /// <summary>Returns whether a line is of this type, such as <c>ev</c>.</summary>
    public static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> type) =>
        line.StartsWith("{\"t\":\""u8) && line[6..].StartsWith(type) && line[(6 + type.Length)..].StartsWith("\""u8);

    /// <summary>
    /// Returns the number directly after <paramref name="field"/>, such as <c>"seq":</c>; -1 if the line has no such
    /// field.
    /// </summary>
    public static long Number(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field)
    {
        var at = line.IndexOf(field);
        return at >= 0 && Utf8Parser.TryParse(line[(at + field.Length)..], out long number, out _) ? number : -1;
    }

    /// <summary>
    /// Returns an event's text and everything after it, up to the end of the line; empty if there is no text.
    /// </summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> line)
    {
        var at = line.IndexOf("\"text\":\""u8);
        return at < 0 ? default : line[(at + 8)..];
    }
}
