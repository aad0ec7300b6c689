using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace OrleansChat.TestSupport;

/// <summary>
/// A WebSocket client written from RFC 6455 alone. It shares no WebSocket code with .NET or this project. So if the
/// server has a mistake, the client does not have the same mistake. The client sends every frame that the test
/// requests, even an invalid one. If the server sends something that RFC 6455 forbids, the client throws an exception.
/// Only one caller at a time may receive. Each send and each receive fails after <see cref="Patience"/>.
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

    /// <summary>The extensions that the server accepted. Empty if it accepted none.</summary>
    public string Extensions { get; private set; } = "";

    /// <summary>Whether the client answers each ping that it receives, as every browser does.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>
    /// The maximum speed at which the client reads, or null for no limit. The server notices a slow reader only if the
    /// receive buffer is small.
    /// </summary>
    public int? BytesPerSecond { get; set; }

    /// <summary>How long it may take to send or to receive one frame.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(20);

    /// <param name="address">The address, such as <c>ws://127.0.0.1:8080/ws?room=lobby</c>.</param>
    /// <param name="subprotocols">The subprotocols to offer, in this order.</param>
    /// <param name="headers">
    /// Further request headers, each a whole line such as <c>Origin: http://example.org</c>.
    /// </param>
    /// <param name="receiveBuffer">
    /// The size of the socket's receive buffer, in bytes. A slow reader needs a small buffer. Null for the system's
    /// default.
    /// </param>
    /// <exception cref="RawUpgradeRefusedException">The server answered with a status other than 101.</exception>
    public static async Task<RawWebSocket> ConnectAsync(
        Uri address, string[]? subprotocols = null, string[]? headers = null, int? receiveBuffer = null)
    {
        var client = new TcpClient { NoDelay = true };
        if (receiveBuffer is { } bytes)
        {
            // TCP negotiates the window scale when it connects, so set the size before that.
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

    /// <summary>Sends one frame, masked as RFC 6455 requires from a client.</summary>
    public Task SendFrameAsync(int opcode, ReadOnlyMemory<byte> payload, bool final = true) => SendRawAsync(Frame(opcode, payload.Span, final));

    /// <summary>Sends bytes without a frame around them.</summary>
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

    /// <summary>Sends a close frame, which starts or answers the closing handshake.</summary>
    public Task SendCloseAsync(int code = 1000)
    {
        var payload = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        return SendFrameAsync(RawFrame.Close, payload);
    }

    /// <summary>Returns the bytes of one frame, masked with a random key.</summary>
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

    /// <summary>Receives the next whole frame. Returns null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">The server sent something that RFC 6455 forbids.</exception>
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
            throw new TimeoutException($"Waited {Patience} for a frame from the server.");
        }
        catch (IOException exception) when (exception.InnerException is SocketException)
        {
            return null;
        }
    }

    /// <summary>Receives the text of the next text frame, and skips pings and pongs.</summary>
    /// <exception cref="InvalidDataException">
    /// The server closed the connection, or sent another kind of frame.
    /// </exception>
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
                    throw new InvalidDataException($"Waited for text, but the server closed with {frame.CloseCode}: {frame.CloseReason}");
                default:
                    throw new InvalidDataException($"Waited for text, but got a frame with opcode {frame.Opcode}.");
            }
        }

        throw new InvalidDataException("Waited for text, but the stream ended.");
    }

    /// <summary>Receives the next line. One frame of the server may contain several lines.</summary>
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

    /// <summary>Reads up to the close frame and skips everything before it.</summary>
    public async Task<RawFrame> ReceiveCloseAsync()
    {
        while (await ReceiveFrameAsync() is { } frame)
        {
            if (frame.Opcode == RawFrame.Close)
            {
                return frame;
            }
        }

        throw new InvalidDataException("Waited for a close frame, but the stream ended.");
    }

    /// <summary>Reads up to the end of the stream and skips everything before it.</summary>
    public async Task ReceiveEndAsync()
    {
        while (await ReceiveFrameAsync() is not null)
        {
        }
    }

    /// <summary>Ends the stream to the server. The client can still read what the server sends.</summary>
    public void StopSending()
    {
        try
        {
            _client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server has already closed the connection.
        }
    }

    /// <summary>
    /// Behaves like a machine that loses its power: from now on the socket receives and acknowledges nothing. A packet
    /// filter on the socket drops every packet (socket(7), SO_ATTACH_FILTER). Linux only.
    /// </summary>
    public void Die()
    {
        const int SolSocket = 1, AttachFilter = 26;

        // struct sock_filter: BPF_RET | BPF_K, keep 0 bytes.
        // struct sock_fprog: the number of filters and their address.
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

#pragma warning disable CA5350 // RFC 6455 §4.2.2 demands SHA-1.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        Require(answers.GetValueOrDefault("Sec-WebSocket-Accept") == accept, "Sec-WebSocket-Accept must match the key of the request");
        Subprotocol = answers.GetValueOrDefault("Sec-WebSocket-Protocol");
        Extensions = answers.GetValueOrDefault("Sec-WebSocket-Extensions", "");
        Require(
            Extensions.Length == 0 || headers.Any(header => header.StartsWith("Sec-WebSocket-Extensions: " + Extensions.Split(';')[0], StringComparison.Ordinal)),
            "an accepted extension must have been offered");
        Require(Subprotocol is null || subprotocols.Contains(Subprotocol), "a chosen subprotocol must have been offered");
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
        Require((second & 0x80) == 0, "a server must not mask its frames");
        switch (second & 0x7F)
        {
            case 126:
                var medium = BinaryPrimitives.ReadUInt16BigEndian(await NeedAsync(2, cancellationToken));
                Require(medium >= 126, "a length must have its shortest form");
                return medium;
            case 127:
                var large = BinaryPrimitives.ReadUInt64BigEndian(await NeedAsync(8, cancellationToken));
                Require(large is > ushort.MaxValue and < 1 << 28, "a length must have its shortest form and be below 256 MiB");
                return (int)large;
            case var small:
                return small;
        }
    }

    private void Check(RawFrame frame, byte[] head)
    {
        Require((head[0] & 0x30) == 0, "RSV2 and RSV3 must be 0, because no extension uses them");
        Require(!frame.Compressed || (Extensions.Length > 0 && frame.Opcode == RawFrame.Text), "only text may be compressed, and only if the server accepted an extension");
        Require(
            frame.Opcode is RawFrame.Continuation or RawFrame.Text or RawFrame.Binary or RawFrame.Close or RawFrame.Ping or RawFrame.Pong,
            $"{frame.Opcode} is not an opcode");
        Require(frame.Opcode < 8 || (frame.Final && frame.Payload.Length < 126), "a control frame must be final and below 126 bytes");
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

    /// <summary>
    /// Reads <paramref name="count"/> bytes. Returns null if the stream ends before the first byte.
    /// </summary>
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

/// <summary>The server did not upgrade the connection.</summary>
public sealed class RawUpgradeRefusedException(int status, string body, IReadOnlyDictionary<string, string> headers) : Exception($"{status}: {body}")
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The body of the answer.</summary>
    public string Body => body;

    /// <summary>The headers of the answer. The names are not case-sensitive.</summary>
    public IReadOnlyDictionary<string, string> Headers => headers;
}
