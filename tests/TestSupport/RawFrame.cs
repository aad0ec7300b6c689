using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace OrleansChat.TestSupport;

/// <summary>One frame that the client received (RFC 6455 §5.2).</summary>
/// <param name="Compressed">
/// Whether the payload is compressed (RFC 7692 §6). Each message must be compressed independently of other messages.
/// </param>
public sealed record RawFrame(bool Final, int Opcode, byte[] Payload, bool Compressed = false)
{
    public const int Continuation = 0x0;
    public const int Text = 0x1;
    public const int Binary = 0x2;
    public const int Close = 0x8;
    public const int Ping = 0x9;
    public const int Pong = 0xA;

    /// <summary>The payload as text. Throws an exception if the payload is not UTF-8.</summary>
    public string TextPayload => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Compressed ? Inflated() : Payload);

    /// <summary>The code of a close frame, or 1005 if the frame has none (§7.1.5).</summary>
    public int CloseCode => Payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(Payload);

    /// <summary>The reason of a close frame.</summary>
    public string CloseReason => Payload.Length < 2 ? "" : Encoding.UTF8.GetString(Payload.AsSpan(2));

    private byte[] Inflated()
    {
        // RFC 7692 §7.2.2: the receiver appends these four bytes. It needs no earlier message to decompress this one.
        using var deflated = new MemoryStream([.. Payload, 0x00, 0x00, 0xFF, 0xFF]);
        using var inflate = new DeflateStream(deflated, CompressionMode.Decompress);
        using var inflated = new MemoryStream();
        inflate.CopyTo(inflated);
        return inflated.ToArray();
    }
}
