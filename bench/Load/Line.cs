using System.Buffers.Text;

namespace OrleansChat.Load;

/// <summary>
/// What a line from the server tells, read where it stands: no JSON parser goes over 200,000 lines a second. It relies on the order in
/// which this server writes fields; where that changes, nothing is found and a run is void.
/// </summary>
internal static class Line
{
    /// <summary>Takes the first line off a frame. False where none is left.</summary>
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

    /// <summary>Whether a line is of this type, such as <c>ev</c>.</summary>
    public static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> type) =>
        line.StartsWith("{\"t\":\""u8) && line[6..].StartsWith(type) && line[(6 + type.Length)..].StartsWith("\""u8);

    /// <summary>A number by its field with quotes and colon, such as <c>"seq":</c>; -1 where there is none.</summary>
    public static long Number(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field)
    {
        var at = line.IndexOf(field);
        return at >= 0 && Utf8Parser.TryParse(line[(at + field.Length)..], out long number, out _) ? number : -1;
    }

    /// <summary>The text of an event, up to the line's end.</summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> line)
    {
        var at = line.IndexOf("\"text\":\""u8);
        return at < 0 ? default : line[(at + 8)..];
    }
}
