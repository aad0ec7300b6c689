using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Unicode;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Connections;

/// <summary>Encodes the frames that a server sends (RFC 6455 §5): unmasked and unfragmented.</summary>
internal static class WebSocketFrames
{
    private const byte TextFrame = 0x81;

    /// <summary>RSV1, which marks a message as compressed (RFC 7692 §6).</summary>
    private const byte Compressed = 0x40;

    /// <summary>
    /// Frames smaller than this, in bytes, are not compressed, because compression would save almost nothing.
    /// </summary>
    private const int MinCompressedBytes = 128;

    /// <summary>
    /// Length, in bytes, of the marker 00 00 FF FF. A flush ends the compressed data with this marker, and the frame
    /// omits it (RFC 7692 §7.2.1).
    /// </summary>
    private const int FlushBytes = 4;

    /// <summary>A ping without a payload (RFC 6455 §5.5.2).</summary>
    public static readonly ReadOnlyMemory<byte> Ping = new byte[] { 0x89, 0x00 };

    /// <summary>True for a close frame (RFC 6455 §5.5.1).</summary>
    public static bool IsClose(ReadOnlySpan<byte> frame) => (frame[0] & 0x0F) == 0x08;

    /// <summary>
    /// Joins the lines by newlines, and encodes them as one unmasked text frame (RFC 6455 §5.2). Leaves out empty
    /// lines. Returns an empty array if all lines are empty.
    /// </summary>
    public static byte[] Text(ReadOnlySpan<ReadOnlyMemory<byte>> lines)
    {
        var length = -1;
        foreach (var line in lines)
        {
            length += line.IsEmpty ? 0 : line.Length + 1;
        }

        if (length < 0)
        {
            return [];
        }

        Span<byte> header = stackalloc byte[10];
        header = header[..Header(header, TextFrame, length)];
        var frame = new byte[header.Length + length];
        header.CopyTo(frame);
        var at = header.Length;
        foreach (var line in lines)
        {
            if (!line.IsEmpty)
            {
                if (at > header.Length)
                {
                    frame[at++] = (byte)'\n';
                }

                line.Span.CopyTo(frame.AsSpan(at));
                at += line.Length;
            }
        }

        return frame;
    }

    /// <summary>
    /// Like <see cref="Text"/>, but for peers that agreed to permessage-deflate. Each frame is compressed separately,
    /// so all these peers can get the same bytes. If compression does not make a frame smaller, the uncompressed frame
    /// is returned. These peers accept uncompressed frames too.
    /// </summary>
    public static byte[] DeflatedText(ReadOnlySpan<ReadOnlyMemory<byte>> lines)
    {
        var plain = Text(lines);
        if (plain.Length < MinCompressedBytes)
        {
            return plain;
        }

        using var deflated = new MemoryStream();
        using var deflate = new DeflateStream(deflated, CompressionLevel.Fastest, leaveOpen: true);
        deflate.Write(plain.AsSpan(HeaderBytes(plain)));
        deflate.Flush();
        var length = (int)deflated.Length - FlushBytes;
        Span<byte> header = stackalloc byte[10];
        header = header[..Header(header, TextFrame | Compressed, length)];
        return header.Length + length < plain.Length ? [.. header, .. deflated.GetBuffer().AsSpan(0, length)] : plain;
    }

    /// <summary>
    /// Joins the lines by newlines, writes them as one unmasked text frame, and clears the list. Leaves out empty
    /// lines. Writes nothing if all lines are empty.
    /// </summary>
    public static void WriteText(IBufferWriter<byte> frames, List<ReadOnlyMemory<byte>> lines)
    {
        var length = -1;
        foreach (var line in lines)
        {
            length += line.IsEmpty ? 0 : line.Length + 1;
        }

        if (length >= 0)
        {
            frames.Advance(Header(frames.GetSpan(10), TextFrame, length));
            var first = true;
            foreach (var line in lines)
            {
                if (!line.IsEmpty)
                {
                    frames.Write(first ? ""u8 : "\n"u8);
                    frames.Write(line.Span);
                    first = false;
                }
            }
        }

        lines.Clear();
    }

    /// <summary>Writes the header of an unmasked text frame; the caller writes the payload.</summary>
    public static void WriteTextHeader(IBufferWriter<byte> frames, int length) => frames.Advance(Header(frames.GetSpan(10), TextFrame, length));

    private static int HeaderBytes(ReadOnlySpan<byte> frame) => frame[1] switch
    {
        < 126 => 2,
        126 => 4,
        _ => 10,
    };

    /// <summary>Writes a frame's header. Returns its length: 2, 4 or 10 bytes.</summary>
    private static int Header(Span<byte> header, byte kind, int length)
    {
        header[0] = kind;
        switch (length)
        {
            case < 126:
                header[1] = (byte)length;
                return 2;
            case <= ushort.MaxValue:
                header[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)length);
                return 4;
            default:
                header[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(header[2..], (ulong)length);
                return 10;
        }
    }

    /// <summary>
    /// Encodes a close frame (RFC 6455 §5.5.1). The payload has at most 125 bytes. The code takes two of them, so a
    /// reason of more than 123 bytes is truncated.
    /// </summary>
    public static byte[] Close(CloseCode code, string reason)
    {
        Span<byte> text = stackalloc byte[123];
        Utf8.FromUtf16(reason, text, out _, out var length);
        var frame = new byte[4 + length];
        frame[0] = 0x88;
        frame[1] = (byte)(2 + length);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)code);
        text[..length].CopyTo(frame.AsSpan(4));
        return frame;
    }
}
