using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// The stream between the framework's WebSocket and the transport. The WebSocket reads through this stream, so the
/// framework parses and unmasks frames, joins fragments, checks UTF-8 and does the closing handshake. The frames that
/// the WebSocket writes (pongs and close frames) go to the connection send queue instead of the wire, so that a
/// connection has one writer. Disposing this stream does not close the transport: after an invalid frame, the WebSocket
/// disposes its stream at once, but the writer must still write the close frame. The server ends the transport when the
/// request ends. This class supports only HTTP/1.1, because HTTP/2 has no upgrade.
/// </summary>
/// <param name="transport">
/// The server's stream. It copies the bytes that are written, and another thread sends the copy.
/// </param>
/// <param name="direct">
/// The transport's socket if bytes may be written to it directly; null if everything must be written to the transport.
/// </param>
/// <param name="socket">The transport's socket; null if there is none.</param>
internal sealed class DirectSocketStream(Stream transport, Socket? socket, Socket? direct, TimeProvider time) : Stream
{
    private ConnectionSendQueue? _sendQueue;
    private Allowance? _bytes;
    private Allowance? _pings;
    private CancellationToken _gone;

    /// <summary>Timestamp of the last time that bytes of any kind arrived.</summary>
    public long LastReceived { get; private set; } = time.GetTimestamp();

    /// <summary>
    /// Returns true if the peer's machine has acknowledged nothing for <paramref name="silence"/>, although the system
    /// has retransmitted or probed more than once. Returns false if the system cannot tell.
    /// </summary>
    public bool IsPeerUnreachable(TimeSpan silence) => TcpPeer.IsUnreachable(socket, silence);

    /// <summary>
    /// From now on, puts the frames that the WebSocket writes into the connection send queue. Must be called before the
    /// WebSocket is used.
    /// </summary>
    /// <param name="bytes">Limits how fast bytes are read.</param>
    /// <param name="pings">
    /// Limits how fast pings are read. The WebSocket writes a pong during a read, so a delay of this write delays the
    /// read.
    /// </param>
    /// <param name="gone">Cancels the waiting reads and writes when the connection is gone.</param>
    public void DivertTo(ConnectionSendQueue sendQueue, Allowance bytes, Allowance pings, CancellationToken gone) =>
        (_sendQueue, _bytes, _pings, _gone) = (sendQueue, bytes, pings, gone);

    /// <summary>
    /// Writes what the socket takes at once, without a copy and without another thread. Writes nothing if bytes may not
    /// be written to the socket directly, for example because the connection uses TLS. Only the connection's writer
    /// calls this method. The bytes cannot overtake earlier bytes: the server's pipe is empty when the upgrade
    /// completes (<see cref="UnbufferedTransport"/>), and nothing is written to the pipe afterwards.
    /// </summary>
    /// <returns>
    /// The bytes that the socket did not take. The caller passes them to <see cref="WriteToWireAsync"/>.
    /// </returns>
    public ReadOnlyMemory<byte> WriteAtOnce(ReadOnlyMemory<byte> bytes)
    {
        if (direct is null)
        {
            return bytes;
        }

        _gone.ThrowIfCancellationRequested();
        var sent = direct.Send(bytes.Span, SocketFlags.None, out var error);
        return error is SocketError.Success or SocketError.WouldBlock
            ? bytes[Math.Max(0, sent)..]
            : throw new IOException($"Sending to the peer failed: {error}.");
    }

    /// <summary>
    /// Writes to the wire, and waits until the transport or the socket has taken all bytes. Only the connection's
    /// writer calls this method.
    /// </summary>
    public ValueTask WriteToWireAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        direct is null ? transport.WriteAsync(bytes, cancellationToken) : SendAsync(direct, bytes, cancellationToken);

    private static async ValueTask SendAsync(Socket direct, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await direct.SendAsync(bytes, SocketFlags.None, cancellationToken);
        }
        catch (SocketException exception)
        {
            throw new IOException("Sending to the peer failed.", exception);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // If the connection has set its token, that token is used. So callers that read from the WebSocket need not
        // pass a token.
        var token = _gone.CanBeCanceled ? _gone : cancellationToken;

        // A zero-byte read waits until data arrives, possibly for hours. The read that follows takes the data.
        return buffer.IsEmpty ? transport.ReadAsync(buffer, token) : TakeAsync(buffer, token);
    }

    private async ValueTask<int> TakeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await transport.ReadAsync(buffer, cancellationToken);
        LastReceived = time.GetTimestamp();
        if (read > 0 && _bytes is not null)
        {
            // The WebSocket does not report pongs and empty fragments. So only a limit on received bytes limits every
            // kind of flood.
            await _bytes.PaceAsync(read, _gone);
        }

        return read;
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_sendQueue is not null)
        {
            // The WebSocket writes pongs from within a read, so while this method waits, the gateway reads nothing from
            // the peer. This bounds the queued pongs of a peer that sends pings but does not read.
            await _sendQueue.AnswersFitAsync(_gone);

            // Copy the bytes, because the WebSocket reuses its buffer as soon as this method returns.
            _sendQueue.EnqueueFrame(buffer.ToArray());
            await _pings!.PaceAsync(1, _gone);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>
    /// Puts a <see cref="DirectSocketStream"/> under the WebSocket that the framework may create for this request. Must
    /// run before the framework's WebSocket middleware, because the middleware keeps the upgrade feature that it finds.
    /// </summary>
    public static void Offer(HttpContext context, TimeProvider time)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            var socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
            var isBare = context.Features.Get<UnbufferedTransport>() is not null && context.Features.Get<ITlsHandshakeFeature>() is null;
            context.Features.Set<IHttpUpgradeFeature>(new Feature(upgrade, socket, isBare ? socket : null, time));
        }
    }

    /// <summary>Returns the stream under the WebSocket that was accepted for this request.</summary>
    public static DirectSocketStream Under(HttpContext context) =>
        (context.Features.Get<IHttpUpgradeFeature>() as Feature)?.Stream
        ?? throw new InvalidOperationException($"{nameof(Offer)} was not called before this request was upgraded.");

    private sealed class Feature(IHttpUpgradeFeature inner, Socket? socket, Socket? direct, TimeProvider time) : IHttpUpgradeFeature
    {
        /// <summary>The stream; null before the upgrade.</summary>
        public DirectSocketStream? Stream { get; private set; }

        /// <inheritdoc/>
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        /// <inheritdoc/>
        public async Task<Stream> UpgradeAsync()
        {
            if (direct is not null)
            {
                // A non-blocking send takes the bytes that fit, and returns their number. The connection's writer then
                // awaits the write of the remaining bytes.
                direct.Blocking = false;
            }

            return Stream = new DirectSocketStream(await inner.UpgradeAsync(), socket, direct, time);
        }
    }
}
