using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Text;

namespace OrleansChat.Load;

/// <summary>
/// A client's WebSocket (RFC 6455) down to its socket: a load of 200,000 deliveries a second must cost the one who measures less than the
/// server. One caller at a time reads. Pings are answered; a close throws.
/// </summary>
internal sealed class FrameSocket : IDisposable
{
    private const int MostFrameBytes = 16 * 1024 * 1024;
    private readonly Socket _socket;
    private readonly ArrayBufferWriter<byte> _fragments = new();
    private byte[] _buffer = new byte[4 * 1024];
    private int _start;
    private int _end;

    private FrameSocket(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
    }

    /// <summary>Bytes that came in, frames' headers too.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The socket, for waiting on many at once.</summary>
    public Socket Socket => _socket;

    /// <summary>Connects to a gateway in JSON mode. Throws where it does not upgrade.</summary>
    /// <param name="receiveBytes">The socket's receive buffer, for one that shall be slow for the server too; null for the system's own.</param>
    public static Task<FrameSocket> ConnectAsync(int port, string user, int? receiveBytes, CancellationToken cancellationToken) =>
        ConnectAsync(port, $"/ws?user={user}", "orleanschat.v1.json", receiveBytes, cancellationToken);

    /// <summary>Connects to any server on this machine. Throws where it does not upgrade.</summary>
    public static async Task<FrameSocket> ConnectAsync(
        int port, string path, string? subprotocol, int? receiveBytes, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBytes is { } bytes)
            {
                // Before connecting: the window is agreed on then.
                socket.ReceiveBufferSize = bytes;
            }

            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            var upgrade = $"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: b3JsZWFuc2NoYXQtbG9hZA==\r\n"
                + (subprotocol is null ? "\r\n" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n");
            await socket.SendAsync(Encoding.ASCII.GetBytes(upgrade), cancellationToken);
            var opened = new FrameSocket(socket);
            await opened.ReadResponseAsync(cancellationToken);
            return opened;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends one text frame.</summary>
    public Task SendAsync(string text, CancellationToken cancellationToken) => SendAsync([text], cancellationToken);

    /// <summary>Sends text frames, in one write.</summary>
    public async Task SendAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var frames = new ArrayBufferWriter<byte>();
        foreach (var text in texts)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            var header = length switch
            {
                < 126 => 2,
                <= ushort.MaxValue => 4,
                _ => throw new ArgumentException("a frame to the server has at most 64 KiB", nameof(texts)),
            };

            // Masked with zeros: it hides nothing from proxies, of which there are none here.
            var frame = frames.GetSpan(header + 4 + length)[..(header + 4 + length)];
            frame[..(header + 4)].Clear();
            (frame[0], frame[1]) = (0x81, (byte)(0x80 | (header == 2 ? length : 126)));
            if (header == 4)
            {
                BinaryPrimitives.WriteUInt16BigEndian(frame[2..], (ushort)length);
            }

            Encoding.UTF8.GetBytes(text, frame[(header + 4)..]);
            frames.Advance(frame.Length);
        }

        for (var rest = frames.WrittenMemory; !rest.IsEmpty;)
        {
            rest = rest[await _socket.SendAsync(rest, cancellationToken)..];
        }
    }

    /// <summary>Takes in what is there already, without waiting. False where nothing is.</summary>
    public bool TryRead()
    {
        MakeRoom();
        var read = _socket.Receive(_buffer.AsSpan(_end), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return false;
        }

        TakeIn(error == SocketError.Success ? read : 0);
        return true;
    }

    /// <summary>Waits for bytes and takes in at most so many.</summary>
    public async ValueTask ReadAsync(int most, CancellationToken cancellationToken)
    {
        MakeRoom();
        TakeIn(await _socket.ReceiveAsync(_buffer.AsMemory(_end, Math.Min(most, _buffer.Length - _end)), cancellationToken));
    }

    /// <summary>The next whole text frame of what was taken in; good until the next read.</summary>
    public bool TryTake(out ReadOnlySpan<byte> payload)
    {
        while (TryTakeFrame(out var opcode, out var final, out payload))
        {
            switch (opcode)
            {
                case 0x1 when final:
                    return true;
                case 0x0 or 0x1:
                    _fragments.Write(payload);
                    if (final)
                    {
                        payload = _fragments.WrittenSpan;
                        _fragments.ResetWrittenCount();
                        return true;
                    }

                    break;
                case 0x8:
                    var code = payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 0;
                    throw new IOException($"The server closed: {code} {(payload.Length > 2 ? Encoding.UTF8.GetString(payload[2..]) : "")}");
                case 0x9:
                    // The server's ping has no payload.
                    _socket.Send([0x8A, 0x80, 0, 0, 0, 0]);
                    break;
            }
        }

        return false;
    }

    private bool TryTakeFrame(out int opcode, out bool final, out ReadOnlySpan<byte> payload)
    {
        (opcode, final) = (0, false);
        payload = default;
        var waiting = _buffer.AsSpan(_start, _end - _start);
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
        if (length > MostFrameBytes)
        {
            throw new IOException($"A frame of {length} bytes came.");
        }

        if (waiting.Length < header + length)
        {
            if (_buffer.Length < header + length)
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

    private async Task ReadResponseAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await ReadAsync(int.MaxValue, cancellationToken);
            var response = _buffer.AsSpan(0, _end);
            if (response.IndexOf("\r\n\r\n"u8) is >= 0 and var end)
            {
                if (!response.StartsWith("HTTP/1.1 101 "u8))
                {
                    throw new IOException(Encoding.UTF8.GetString(response));
                }

                _start = end + 4;
                return;
            }
        }
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            Grow(_start == 0 ? _buffer.Length * 2 : _buffer.Length);
        }
    }

    /// <summary>Moves what waits to the front of a buffer of so many bytes.</summary>
    private void Grow(int bytes)
    {
        var larger = bytes > _buffer.Length ? new byte[BitOperations.RoundUpToPowerOf2((uint)bytes)] : _buffer;
        _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
        (_buffer, _end, _start) = (larger, _end - _start, 0);
    }

    private void TakeIn(int read)
    {
        if (read == 0)
        {
            throw new IOException("The connection is gone.");
        }

        BytesRead += read;
        _end += read;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
