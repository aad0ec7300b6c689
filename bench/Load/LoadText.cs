using System.Buffers.Text;
using System.Globalization;

namespace OrleansChat.Load;

/// <summary>
/// The text of a measured message: its number, the timestamp at which it was due, and padding to 100 bytes.
/// </summary>
internal static class LoadText
{
    private const int Bytes = 100;

    public static string Write(long number, long due) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {due} ").PadRight(Bytes, 'x');

    /// <summary>
    /// Reads a text from the bytes after <c>"text":"</c>. Returns false if these bytes do not begin with a complete
    /// text of a measured message.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long number, out long due)
    {
        due = 0;
        return Utf8Parser.TryParse(text, out number, out var length) && text.Length > Bytes
            && Utf8Parser.TryParse(text[(length + 1)..], out due, out _) && text[Bytes - 1] == (byte)'x' && text[Bytes] == (byte)'"';
    }
}
