using System.Buffers.Binary;
using System.Numerics;

namespace OrleansChat.Load;

/// <summary>Buffers the bytes from a server and finds the WebSocket frames in them (RFC 6455 §5.2).</summary>
internal sealed class FrameBuffer
{
    private const int MaxFrameBytes = 16 * 1024 * 1024;
    private byte[] _bytes = new byte[4 * 1024];
    private byte[]? _own;
    private byte[]? _shared;
    private int _start;
    private int _end;

    /// <summary>The bytes that were received and not taken yet.</summary>
    public ReadOnlySpan<byte> Waiting => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Returns the memory for the next read; never empty.</summary>
    public Memory<byte> Free()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _bytes.Length)
        {
            Grow(_start == 0 ? _bytes.Length * 2 : _bytes.Length);
        }

        return _bytes.AsMemory(_end);
    }

    /// <summary>
    /// Records that <paramref name="read"/> bytes were read into the memory that <see cref="Free"/> returned.
    /// </summary>
    public void Advance(int read) => _end += read;

    /// <summary>Drops the first waiting bytes, such as the answer to the upgrade request, which is no frame.</summary>
    public void Skip(int bytes) => _start += bytes;

    /// <summary>
    /// Uses the shared array for reads until <see cref="Return"/>, unless the waiting bytes would fill more than half
    /// of it. Many buffers use this large array in turn. So the array stays in the processor's cache, and one read can
    /// take everything that a socket has.
    /// </summary>
    public void Borrow(byte[] shared)
    {
        if (Waiting.Length <= shared.Length / 2)
        {
            Waiting.CopyTo(shared);
            (_own, _shared, _bytes, _end, _start) = (_bytes, shared, shared, _end - _start, 0);
        }
    }

    /// <summary>
    /// Ends the use of the shared array, and copies the bytes that were not taken to this buffer's own array.
    /// </summary>
    public void Return()
    {
        if (_own is { } own && ReferenceEquals(_bytes, _shared))
        {
            var waits = Waiting;
            _bytes = own.Length >= waits.Length ? own : new byte[BitOperations.RoundUpToPowerOf2((uint)waits.Length)];
            waits.CopyTo(_bytes);
            (_end, _start) = (waits.Length, 0);
        }

        (_own, _shared) = (null, null);
    }

    /// <summary>
    /// Takes the next whole frame; <paramref name="payload"/> is valid until the next read. Throws
    /// <see cref="IOException"/> for a frame of more than 16 MiB, which no server sends.
    /// </summary>
    public bool TryTake(out int opcode, out bool final, out ReadOnlySpan<byte> payload)
    {
        (opcode, final) = (0, false);
        payload = default;
        var waiting = Waiting;
        if (waiting.Length < 2)
        {
            return false;
        }

        var header = waiting[1] switch { < 126 => 2, 126 => 4, _ => 10 };
        if (waiting.Length < header)
        {
            return false;
        }

        var length = header switch
        {
            2 => waiting[1],
            4 => BinaryPrimitives.ReadUInt16BigEndian(waiting[2..]),
            _ => (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt64BigEndian(waiting[2..])),
        };
        if (length > MaxFrameBytes)
        {
            throw new IOException($"The server sent a frame of {length} bytes; at most {MaxFrameBytes} are expected.");
        }

        if (waiting.Length < header + length)
        {
            if (_bytes.Length < header + length)
            {
                Grow(header + length);
            }

            return false;
        }

        (opcode, final) = (waiting[0] & 0x0F, (waiting[0] & 0x80) != 0);
        payload = waiting.Slice(header, length);
        _start += header + length;
        return true;
    }

    /// <summary>Moves the waiting bytes to the front of an array of at least <paramref name="bytes"/> bytes.</summary>
    private void Grow(int bytes)
    {
        var larger = bytes > _bytes.Length ? new byte[BitOperations.RoundUpToPowerOf2((uint)bytes)] : _bytes;
        Waiting.CopyTo(larger);
        (_bytes, _end, _start) = (larger, _end - _start, 0);
    }
}
