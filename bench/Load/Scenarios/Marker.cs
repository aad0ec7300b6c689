using System.Buffers.Binary;

namespace OrleansChat.Load.Scenarios;

/// <summary>
/// The text of a message under load: 100 bytes that begin and end with <c>@</c> and contain the sender, the number of
/// the message (from 1 for each sender), the timestamp at which it was due, and padding. A reader finds the text inside
/// anything that a server puts around it, so the same code reads the frames of every server. The numbers are
/// hexadecimal, of fixed width, with the digits <c>a</c> to <c>p</c>. These letters are consecutive in ASCII, so eight
/// digits can be read at once.
/// </summary>
internal static class Marker
{
    public const int Bytes = 100;

    private const int Sender = 1;
    private const int Number = Sender + Width;
    private const int Due = Number + Width;
    private const int Width = 8;
    private const ulong Zeros = 0x61616161_61616161;

    public static string Write(int sender, long number, long due) => string.Create(Bytes, (sender, number, due), static (text, of) =>
    {
        text.Fill('x');
        (text[0], text[Bytes - 1]) = ('@', '@');
        Write(text[Sender..], (uint)of.sender);
        Write(text[Number..], (uint)of.number);
        Write(text[Due..], (uint)(of.due >> 32));
        Write(text[(Due + Width)..], (uint)of.due);
    });

    /// <summary>
    /// Takes the next text from a payload, which then begins after that text. Returns false if there is no text.
    /// </summary>
    /// <param name="whole">False if the text is truncated or changed.</param>
    public static bool TryTake(ref ReadOnlySpan<byte> payload, out int sender, out long number, out long due, out bool whole)
    {
        (sender, number, due, whole) = (0, 0, 0, false);
        var at = payload.IndexOf((byte)'@');
        if (at < 0)
        {
            return false;
        }

        var text = payload[at..];
        if (text.Length < Bytes)
        {
            payload = default;
            return true;
        }

        whole = TryRead(text[Sender..], out var first) & TryRead(text[Number..], out var second)
            & TryRead(text[Due..], out var third) & TryRead(text[(Due + Width)..], out var fourth) & text[Bytes - 1] == (byte)'@';
        (sender, number, due) = ((int)first, second, ((long)third << 32) | fourth);
        payload = text[Bytes..];
        return true;
    }

    private static void Write(Span<char> text, uint value)
    {
        for (var at = Width - 1; at >= 0; at--, value >>= 4)
        {
            text[at] = (char)('a' + (value & 0xF));
        }
    }

    private static bool TryRead(ReadOnlySpan<byte> text, out uint value)
    {
        var digits = BinaryPrimitives.ReadUInt64BigEndian(text) - Zeros;

        // Each of the eight bytes contains four bits of the value. Join the bits of two bytes, then of four, then of
        // all eight.
        var pairs = (digits | (digits >> 4)) & 0x00FF00FF_00FF00FF;
        var fours = (pairs | (pairs >> 8)) & 0x0000FFFF_0000FFFF;
        value = (uint)(fours | (fours >> 16));
        return (digits & 0xF0F0F0F0_F0F0F0F0) == 0;
    }
}
