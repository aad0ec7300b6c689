using System.Buffers.Text;
using System.Globalization;

namespace OrleansChat.Load.Scenarios;

/// <summary>
/// The text of a message under load, 100 bytes between two <c>@</c>: which sender, that sender's number from 1, the timestamp at which it was
/// due, and padding. It is found in whatever a server wraps it in, so that every peer is read by the same code.
/// </summary>
internal static class Marker
{
    /// <summary>Bytes of a text.</summary>
    public const int Bytes = 100;

    /// <summary>Writes it.</summary>
    public static string Write(int sender, long number, long due) =>
        string.Create(CultureInfo.InvariantCulture, $"@{sender} {number} {due} ").PadRight(Bytes - 1, 'x') + "@";

    /// <summary>The next one in a payload, which is left behind it. False where there is none.</summary>
    /// <param name="whole">False where something is there that begins like one and is none.</param>
    public static bool TryTake(ref ReadOnlySpan<byte> payload, out int sender, out long number, out long due, out bool whole)
    {
        (sender, number, due, whole) = (0, 0, 0, true);
        var at = payload.IndexOf((byte)'@');
        if (at < 0)
        {
            return false;
        }

        var text = payload[at..];
        whole = text.Length >= Bytes && text[Bytes - 1] == (byte)'@'
            && TryNumber(text[1..], out var first, out var length) && TryNumber(text[(1 + length)..], out number, out var second)
            && TryNumber(text[(1 + length + second)..], out due, out _) && (sender = (int)first) >= 0;
        payload = text[Math.Min(text.Length, Bytes)..];
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out long number, out int length)
    {
        var found = Utf8Parser.TryParse(text, out number, out length) && length < text.Length && text[length] == (byte)' ';
        length++;
        return found;
    }
}
