using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansChat.Load;

/// <summary>
/// A client WebSocket (RFC 6455) that uses a socket directly, to save CPU time: at millions of deliveries per second,
/// the clients must use less CPU time than the server. Only one caller may read at a time. <c>TryTake</c> answers
/// pings, and throws <see cref="IOException"/> for a close frame.
/// </summary>
internal sealed class FrameSocket : IDisposable
{
    private static readonly TimeSpan SendPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UnwatchedWait = TimeSpan.FromMilliseconds(1);
    private readonly Socket _socket;
    private readonly bool _unwatched;
    private readonly FrameBuffer _buffer = new();
    private readonly ArrayBufferWriter<byte> _fragments = new();

    private FrameSocket(Socket socket, bool unwatched)
    {
        (_socket, _unwatched) = (socket, unwatched);
        _socket.Blocking = false;
    }

    /// <summary>The number of bytes received, including frame headers.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The socket, for <see cref="ReadySockets"/>.</summary>
    public Socket Socket => _socket;

    /// <summary>
    /// Connects to a gateway in JSON mode. Throws <see cref="IOException"/> if the gateway refuses the upgrade.
    /// </summary>
    /// <param name="receiveBytes">The size of the socket's receive buffer; null for the system's default. With a small
    /// buffer, the server soon notices that this client reads slowly.</param>
    public static Task<FrameSocket> ConnectAsync(int port, string user, int? receiveBytes, CancellationToken cancellationToken) =>
        ConnectAsync(port, $"/ws?user={user}", Subprotocol, receiveBytes, cancellationToken);

    /// <summary>
    /// Connects to a server on this machine. Throws <see cref="IOException"/> if the server refuses the upgrade.
    /// </summary>
    public static async Task<FrameSocket> ConnectAsync(
        int port, string path, string? subprotocol, int? receiveBytes, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBytes is { } bytes)
            {
                // Set the size before connecting: TCP negotiates the window scale during its handshake.
                socket.ReceiveBufferSize = bytes;
            }

            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return await UpgradeAsync(socket, unwatched: false, port, path, subprotocol, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Connects with a socket that <see cref="ReadySockets"/> watches together with many others. This class never waits
    /// for data from such a socket through the framework. After the first such wait, the framework would wake a thread
    /// whenever data arrives on the socket, until the socket is closed. Instead, <see cref="ReadAsync"/> polls once per
    /// millisecond.
    /// </summary>
    public static async Task<FrameSocket> ConnectUnwatchedAsync(int port, string path, string? subprotocol, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // This call does not block for long: a server on the same machine accepts or refuses at once.
            socket.Connect(IPAddress.Loopback, port);
            return await UpgradeAsync(socket, unwatched: true, port, path, subprotocol, cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The subprotocol of a gateway's JSON mode.</summary>
    public static string Subprotocol => "orleanschat.v1.json";

    /// <summary>Sends one text frame.</summary>
    public Task SendAsync(string text, CancellationToken cancellationToken) => SendAsync([text], cancellationToken);

    /// <summary>Sends one text frame for each text, in one write.</summary>
    public async Task SendAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var frames = new ArrayBufferWriter<byte>();
        foreach (var text in texts)
        {
            WriteFrame(frames, text);
        }

        for (var rest = frames.WrittenMemory; !rest.IsEmpty;)
        {
            rest = rest[await _socket.SendAsync(rest, cancellationToken)..];
        }
    }

    /// <summary>
    /// Appends a text frame of less than 64 KiB to <paramref name="frames"/>, which the caller passes to
    /// <see cref="Send"/>.
    /// </summary>
    public static void WriteFrame(IBufferWriter<byte> frames, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var header = length switch
        {
            < 126 => 2,
            <= ushort.MaxValue => 4,
            _ => throw new ArgumentException("A frame to the server must have less than 64 KiB.", nameof(text)),
        };

        // The mask is zero: masking protects proxies (RFC 6455 §10.3), and the benchmarks use no proxy.
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

    /// <summary>
    /// Sends frames. Blocks while the server accepts no bytes. Throws <see cref="IOException"/> if the server accepts
    /// no bytes for more than 10 s.
    /// </summary>
    public void Send(ReadOnlySpan<byte> frames)
    {
        while (!frames.IsEmpty)
        {
            var sent = _socket.Send(frames, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                throw new SocketException((int)error);
            }

            if (error == SocketError.WouldBlock && !_socket.Poll(SendPatience, SelectMode.SelectWrite))
            {
                throw new IOException($"The server has read nothing for {SendPatience}.");
            }

            frames = frames[(error == SocketError.Success ? sent : 0)..];
        }
    }

    /// <inheritdoc cref="FrameBuffer.Borrow"/>
    public void Borrow(byte[] shared) => _buffer.Borrow(shared);

    /// <inheritdoc cref="FrameBuffer.Return"/>
    public void Return() => _buffer.Return();

    /// <summary>
    /// Reads the bytes that have already arrived, without waiting. Returns false if no bytes have arrived.
    /// </summary>
    public bool TryRead()
    {
        var read = _socket.Receive(_buffer.Free().Span, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return false;
        }

        TakeIn(error == SocketError.Success ? read : 0);
        return true;
    }

    /// <summary>
    /// Waits for bytes, and reads up to <paramref name="most"/> of them. With a socket of
    /// <see cref="ConnectUnwatchedAsync"/>, this limit does not apply.
    /// </summary>
    public async ValueTask ReadAsync(int most, CancellationToken cancellationToken)
    {
        if (!_unwatched)
        {
            var free = _buffer.Free();
            TakeIn(await _socket.ReceiveAsync(free[..Math.Min(most, free.Length)], cancellationToken));
            return;
        }

        while (!TryRead())
        {
            await Task.Delay(UnwatchedWait, cancellationToken);
        }
    }

    /// <summary>
    /// Takes the next whole text message from the bytes that were read; <paramref name="payload"/> is valid until the
    /// next read.
    /// </summary>
    public bool TryTake(out ReadOnlySpan<byte> payload)
    {
        while (_buffer.TryTake(out var opcode, out var final, out payload))
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
                    throw new IOException($"The server closed the connection: {code} {(payload.Length > 2 ? Encoding.UTF8.GetString(payload[2..]) : "")}");
                case 0x9:
                    // The pong needs no payload, because the servers send none in their pings.
                    _socket.Send([0x8A, 0x80, 0, 0, 0, 0]);
                    break;
            }
        }

        return false;
    }

    private static async Task<FrameSocket> UpgradeAsync(
        Socket socket, bool unwatched, int port, string path, string? subprotocol, CancellationToken cancellationToken)
    {
        var upgrade = $"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: b3JsZWFuc2NoYXQtbG9hZA==\r\n"
            + (subprotocol is null ? "\r\n" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n");
        var opened = new FrameSocket(socket, unwatched);
        opened.Send(Encoding.ASCII.GetBytes(upgrade));
        while (opened._buffer.Waiting.IndexOf("\r\n\r\n"u8) < 0)
        {
            await opened.ReadAsync(int.MaxValue, cancellationToken);
        }

        var response = opened._buffer.Waiting;
        if (!response.StartsWith("HTTP/1.1 101 "u8))
        {
            throw new IOException(Encoding.UTF8.GetString(response));
        }

        opened._buffer.Skip(response.IndexOf("\r\n\r\n"u8) + 4);
        return opened;
    }

    private void TakeIn(int read)
    {
        if (read == 0)
        {
            throw new IOException("The connection has ended.");
        }

        BytesRead += read;
        _buffer.Advance(read);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
