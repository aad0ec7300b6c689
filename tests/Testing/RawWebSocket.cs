using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace OrleansChat.Testing;

/// <summary>
/// A WebSocket client written from RFC 6455 alone: neither the framework's nor the project's own, so that a mistake in those does not hide
/// one in the server. It sends whatever it is told to, wrong frames too, and accepts nothing that a server must not send.
/// One reader and one writer at a time. Every wait ends, with what was awaited.
/// </summary>
public sealed class RawWebSocket : IDisposable
{
    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Queue<string> _lines = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RawWebSocket(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
    }

    /// <summary>The subprotocol that the server chose, or null.</summary>
    public string? Subprotocol { get; private set; }

    /// <summary>The extensions that the server agreed to; empty for none.</summary>
    public string Extensions { get; private set; } = "";

    /// <summary>Whether a ping is answered when it is read. On, as in every browser.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>Reads no faster than this; null reads as it comes. Matters with a small receive buffer alone.</summary>
    public int? BytesPerSecond { get; set; }

    /// <summary>How long one read may take.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Opens a connection.</summary>
    /// <param name="address">Such as <c>ws://127.0.0.1:8080/ws?room=lobby</c>.</param>
    /// <param name="subprotocols">Offered in this order.</param>
    /// <param name="headers">Further request headers, each a whole line: <c>Origin: http://example.org</c>.</param>
    /// <param name="receiveBuffer">Bytes of the socket's receive buffer, small for a slow reader; null leaves the system's.</param>
    /// <exception cref="RawUpgradeRefusedException">The server answered with another status than 101.</exception>
    public static async Task<RawWebSocket> ConnectAsync(
        Uri address, string[]? subprotocols = null, string[]? headers = null, int? receiveBuffer = null)
    {
        var client = new TcpClient { NoDelay = true };
        if (receiveBuffer is { } bytes)
        {
            // Before connecting: the window is agreed on then.
            client.ReceiveBufferSize = bytes;
        }

        try
        {
            await client.ConnectAsync(address.Host, address.Port);
            var socket = new RawWebSocket(client);
            await socket.UpgradeAsync(address, subprotocols ?? [], headers ?? []);
            return socket;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends a text message in one frame.</summary>
    public Task SendTextAsync(string text) => SendFrameAsync(RawFrame.Text, Encoding.UTF8.GetBytes(text));

    /// <summary>Sends one frame, masked as a client's must be.</summary>
    public Task SendFrameAsync(int opcode, ReadOnlyMemory<byte> payload, bool final = true) => SendRawAsync(Frame(opcode, payload.Span, final));

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        using var timeout = new CancellationTokenSource(Patience);
        await _writing.WaitAsync(timeout.Token);
        try
        {
            await _stream.WriteAsync(bytes, timeout.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Starts or answers the closing handshake.</summary>
    public Task SendCloseAsync(int code = 1000)
    {
        var payload = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        return SendFrameAsync(RawFrame.Close, payload);
    }

    /// <summary>The bytes of one frame with a random mask.</summary>
    public static byte[] Frame(int opcode, ReadOnlySpan<byte> payload, bool final = true)
    {
        var frame = new MemoryStream();
        frame.WriteByte((byte)((final ? 0x80 : 0) | opcode));
        Span<byte> length = stackalloc byte[8];
        switch (payload.Length)
        {
            case < 126:
                frame.WriteByte((byte)(0x80 | payload.Length));
                break;
            case <= ushort.MaxValue:
                frame.WriteByte(0x80 | 126);
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)payload.Length);
                frame.Write(length[..2]);
                break;
            default:
                frame.WriteByte(0x80 | 127);
                BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)payload.Length);
                frame.Write(length);
                break;
        }

        var mask = RandomNumberGenerator.GetBytes(4);
        frame.Write(mask);
        for (var i = 0; i < payload.Length; i++)
        {
            frame.WriteByte((byte)(payload[i] ^ mask[i % 4]));
        }

        return frame.ToArray();
    }

    /// <summary>The next frame, whole; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">No server may send this.</exception>
    public async Task<RawFrame?> ReceiveFrameAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            var head = await TakeAsync(2, timeout.Token);
            if (head is null)
            {
                return null;
            }

            var length = await LengthAsync(head[1], timeout.Token);
            var frame = new RawFrame((head[0] & 0x80) != 0, head[0] & 0x0F, await NeedAsync(length, timeout.Token), Compressed: (head[0] & 0x40) != 0);
            Check(frame, head);
            if (frame.Opcode == RawFrame.Ping && AnswersPings)
            {
                await SendFrameAsync(RawFrame.Pong, frame.Payload);
            }

            return frame;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Awaited a frame from the server for {Patience}.");
        }
        catch (IOException gone) when (gone.InnerException is SocketException)
        {
            return null;
        }
    }

    /// <summary>The next text frame's text, past pings and pongs.</summary>
    /// <exception cref="InvalidDataException">The server closed instead, or sent something else.</exception>
    public async Task<string> ReceiveTextAsync()
    {
        while (await ReceiveFrameAsync() is { } frame)
        {
            switch (frame.Opcode)
            {
                case RawFrame.Text:
                    return frame.TextPayload;
                case RawFrame.Ping or RawFrame.Pong:
                    continue;
                case RawFrame.Close:
                    throw new InvalidDataException($"Awaited text, and the server closed with {frame.CloseCode}: {frame.CloseReason}");
                default:
                    throw new InvalidDataException($"Awaited text, and got a frame with opcode {frame.Opcode}.");
            }
        }

        throw new InvalidDataException("Awaited text, and the stream ended.");
    }

    /// <summary>The next line: what waits together shares a frame, joined by newlines.</summary>
    public async Task<string> ReceiveLineAsync()
    {
        while (_lines.Count == 0)
        {
            foreach (var line in (await ReceiveTextAsync()).Split('\n'))
            {
                _lines.Enqueue(line);
            }
        }

        return _lines.Dequeue();
    }

    /// <summary>Reads past everything up to the close frame.</summary>
    public async Task<RawFrame> ReceiveCloseAsync()
    {
        while (await ReceiveFrameAsync() is { } frame)
        {
            if (frame.Opcode == RawFrame.Close)
            {
                return frame;
            }
        }

        throw new InvalidDataException("Awaited a close frame, and the stream ended.");
    }

    /// <summary>Reads past everything up to the end of the stream.</summary>
    public async Task ReceiveEndAsync()
    {
        while (await ReceiveFrameAsync() is not null)
        {
        }
    }

    /// <summary>Ends the stream in this direction; what the server says can still be read.</summary>
    public void StopSending()
    {
        try
        {
            _client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server was faster, and ended all of it.
        }
    }

    /// <summary>
    /// Dies as a machine does that loses its power: from now on nothing that comes is taken in or acknowledged. By a packet filter on the
    /// socket that lets nothing through (socket(7), SO_ATTACH_FILTER); Linux only.
    /// </summary>
    public void Die()
    {
        const int SolSocket = 1, AttachFilter = 26;

        // struct sock_filter: BPF_RET | BPF_K, keep 0 bytes. struct sock_fprog: how many, and where.
        var drop = Marshal.AllocHGlobal(8);
        try
        {
            Marshal.WriteInt64(drop, 0x06);
            Span<byte> program = stackalloc byte[2 * nint.Size];
            program.Clear();
            program[0] = 1;
            MemoryMarshal.Write(program[nint.Size..], in drop);
            _client.Client.SetRawSocketOption(SolSocket, AttachFilter, program);
        }
        finally
        {
            Marshal.FreeHGlobal(drop);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _writing.Dispose();
    }

    private async Task UpgradeAsync(Uri address, string[] subprotocols, string[] headers)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var request = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"GET {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\n")
            .Append("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
            .Append(CultureInfo.InvariantCulture, $"Sec-WebSocket-Key: {key}\r\n");
        if (subprotocols.Length > 0)
        {
            request.Append(CultureInfo.InvariantCulture, $"Sec-WebSocket-Protocol: {string.Join(", ", subprotocols)}\r\n");
        }

        foreach (var header in headers)
        {
            request.Append(header).Append("\r\n");
        }

        await SendRawAsync(Encoding.UTF8.GetBytes(request.Append("\r\n").ToString()));
        using var timeout = new CancellationTokenSource(Patience);
        var status = int.Parse((await HeadLineAsync(timeout.Token)).Split(' ')[1], CultureInfo.InvariantCulture);
        var answers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await HeadLineAsync(timeout.Token) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            answers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        if (status != 101)
        {
            throw new RawUpgradeRefusedException(status, await BodyAsync(answers, timeout.Token), answers);
        }

#pragma warning disable CA5350 // RFC 6455 §4.2.2 says SHA-1.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        Require(answers.GetValueOrDefault("Sec-WebSocket-Accept") == accept, "the handshake's answer does not belong to its key");
        Subprotocol = answers.GetValueOrDefault("Sec-WebSocket-Protocol");
        Extensions = answers.GetValueOrDefault("Sec-WebSocket-Extensions", "");
        Require(
            Extensions.Length == 0 || headers.Any(header => header.StartsWith("Sec-WebSocket-Extensions: " + Extensions.Split(';')[0], StringComparison.Ordinal)),
            "the server agreed to an extension that was not offered");
        Require(Subprotocol is null || subprotocols.Contains(Subprotocol), "the server chose a subprotocol that was not offered");
    }

    private async Task<string> HeadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            line.Append((char)(await NeedAsync(1, cancellationToken))[0]);
        }

        return line.ToString()[..^2];
    }

    private async Task<string> BodyAsync(Dictionary<string, string> headers, CancellationToken cancellationToken)
    {
        if (headers.TryGetValue("Content-Length", out var length))
        {
            return Encoding.UTF8.GetString(await NeedAsync(int.Parse(length, CultureInfo.InvariantCulture), cancellationToken));
        }

        var body = new StringBuilder();
        while (headers.ContainsKey("Transfer-Encoding")
            && int.Parse(await HeadLineAsync(cancellationToken), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var chunk)
        {
            body.Append(Encoding.UTF8.GetString(await NeedAsync(chunk, cancellationToken)));
            await HeadLineAsync(cancellationToken);
        }

        return body.ToString();
    }

    private async Task<int> LengthAsync(byte second, CancellationToken cancellationToken)
    {
        Require((second & 0x80) == 0, "a server's frames are not masked");
        switch (second & 0x7F)
        {
            case 126:
                var medium = BinaryPrimitives.ReadUInt16BigEndian(await NeedAsync(2, cancellationToken));
                Require(medium >= 126, "a length is written in its shortest form");
                return medium;
            case 127:
                var large = BinaryPrimitives.ReadUInt64BigEndian(await NeedAsync(8, cancellationToken));
                Require(large is > ushort.MaxValue and < 1 << 28, "a length is written in its shortest form, and is not absurd");
                return (int)large;
            case var small:
                return small;
        }
    }

    private void Check(RawFrame frame, byte[] head)
    {
        Require((head[0] & 0x30) == 0, "no extension was agreed on");
        Require(!frame.Compressed || (Extensions.Length > 0 && frame.Opcode == RawFrame.Text), "what is compressed is text, and was agreed on");
        Require(
            frame.Opcode is RawFrame.Continuation or RawFrame.Text or RawFrame.Binary or RawFrame.Close or RawFrame.Ping or RawFrame.Pong,
            $"there is no opcode {frame.Opcode}");
        Require(frame.Opcode < 8 || (frame.Final && frame.Payload.Length < 126), "a control frame is small and whole");
    }

    private static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new InvalidDataException($"The server broke a rule: {rule}.");
        }
    }

    private async Task<byte[]> NeedAsync(int count, CancellationToken cancellationToken) =>
        await TakeAsync(count, cancellationToken) ?? throw new InvalidDataException("The stream ended within a frame or the handshake.");

    /// <summary>So many bytes; null where the stream ended before the first.</summary>
    private async Task<byte[]?> TakeAsync(int count, CancellationToken cancellationToken)
    {
        var taken = new byte[count];
        for (var have = 0; have < count;)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, await ReadSomeAsync(cancellationToken));
                if (_end == 0)
                {
                    return have == 0 ? null : throw new InvalidDataException("The stream ended within a frame.");
                }
            }

            var part = Math.Min(count - have, _end - _start);
            _buffer.AsSpan(_start, part).CopyTo(taken.AsSpan(have));
            _start += part;
            have += part;
        }

        return taken;
    }

    private async Task<int> ReadSomeAsync(CancellationToken cancellationToken)
    {
        if (BytesPerSecond is not { } pace)
        {
            return await _stream.ReadAsync(_buffer, cancellationToken);
        }

        var read = await _stream.ReadAsync(_buffer.AsMemory(0, Math.Max(1, pace / 20)), cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds((double)read / pace), cancellationToken);
        return read;
    }
}

/// <summary>The server did not upgrade.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="body">What it said.</param>
/// <param name="headers">The answer's headers.</param>
public sealed class RawUpgradeRefusedException(int status, string body, IReadOnlyDictionary<string, string> headers) : Exception($"{status}: {body}")
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>What the server said.</summary>
    public string Body => body;

    /// <summary>The answer's headers, by name in any case.</summary>
    public IReadOnlyDictionary<string, string> Headers => headers;
}
