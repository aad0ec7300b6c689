using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// The transport under one WebSocket. The framework's WebSocket reads through it: parsing, unmasking, UTF-8, fragments and the
/// closing handshake are its own. What it writes (pongs and close frames) goes to the outbox instead of the wire, so that a
/// connection has one writer. For the same reason disposing of it leaves the transport open: a WebSocket that met a wrong frame gives its
/// stream up at once, and its close frame is still to be written. The server ends the transport with the request.
/// HTTP/1.1 upgrades only: HTTP/2 has no upgrade.
/// </summary>
/// <param name="transport">What the server offers: it copies what is written, and a thread of its own sends it.</param>
/// <param name="socket">The socket under it; null where it is none.</param>
/// <param name="isBare">Whether the socket's bytes are the transport's, with no TLS between them.</param>
internal sealed class UpgradedStream(Stream transport, Socket? socket, bool isBare, TimeProvider time) : Stream
{
    private bool _heard;
    private bool? _direct;
    private Outbox? _outbox;
    private Allowance? _bytes;
    private Allowance? _pings;
    private CancellationToken _gone;

    /// <summary>When bytes of any kind last came in.</summary>
    public long LastHeard { get; private set; } = time.GetTimestamp();

    /// <summary>Whether the peer's machine is known to have answered nothing for so long.</summary>
    public bool IsPeerGone(TimeSpan silence) => PeerMachine.IsGone(socket, silence);

    /// <summary>From now on what the WebSocket writes goes to this outbox, as long as the connection is not gone.</summary>
    /// <param name="bytes">How fast bytes are read.</param>
    /// <param name="pings">How fast pings are, which the WebSocket answers while it reads.</param>
    public void DivertTo(Outbox outbox, Allowance bytes, Allowance pings, CancellationToken gone) =>
        (_outbox, _bytes, _pings, _gone) = (outbox, bytes, pings, gone);

    /// <summary>
    /// Writes what the wire takes at once; the connection's writer alone calls it. Into the socket itself, without a copy and another thread's turn,
    /// where the first write finds that the peer has sent something: it has the answer to its request then, for it sends nothing before
    /// (RFC 6455 §4.1), and none of the server's own bytes are still under way. Else nothing, and from then on all goes by way of the server.
    /// </summary>
    /// <returns>What is left, for <see cref="WriteToWireAsync"/>.</returns>
    public ReadOnlyMemory<byte> WriteAtOnce(ReadOnlyMemory<byte> bytes)
    {
        if (!IsDirect)
        {
            return bytes;
        }

        _gone.ThrowIfCancellationRequested();
        var sent = socket!.Send(bytes.Span, SocketFlags.None, out var error);
        return error is SocketError.Success or SocketError.WouldBlock
            ? bytes[Math.Max(0, sent)..]
            : throw new IOException($"The peer is gone: {error}.");
    }

    /// <summary>Writes to the wire, and waits until it takes all of it: the connection's writer alone calls it.</summary>
    public ValueTask WriteToWireAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        IsDirect ? SendAsync(bytes, cancellationToken) : transport.WriteAsync(bytes, cancellationToken);

    private bool IsDirect => _direct ??= isBare && socket is not null && Volatile.Read(ref _heard);

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await socket!.SendAsync(bytes, SocketFlags.None, cancellationToken);
        }
        catch (SocketException gone)
        {
            throw new IOException("The peer is gone.", gone);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The connection's own token counts where there is one; whoever reads of the WebSocket need not give it another.
        var token = _gone.CanBeCanceled ? _gone : cancellationToken;

        // A read of nothing waits until something comes, for hours perhaps, and is followed by one that takes it.
        return buffer.IsEmpty ? transport.ReadAsync(buffer, token) : TakeAsync(buffer, token);
    }

    private async ValueTask<int> TakeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await transport.ReadAsync(buffer, cancellationToken);
        LastHeard = time.GetTimestamp();
        if (read > 0)
        {
            Volatile.Write(ref _heard, true);
        }

        if (read > 0 && _bytes is not null)
        {
            // Whatever a flood consists of (pongs and empty fragments nobody above hears of), it costs no more than this.
            await _bytes.PaceAsync(read, _gone);
        }

        return read;
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_outbox is not null)
        {
            // It writes while it reads: a peer that pings and does not read is read no further.
            await _outbox.AnswersFitAsync(_gone);

            // The WebSocket reuses its buffer as soon as this returns.
            _outbox.Frame(buffer.ToArray());
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
    /// Puts an <see cref="UpgradedStream"/> under the WebSocket that the framework may make of this request. Comes before the framework's
    /// WebSocket middleware, which keeps hold of the feature that it finds.
    /// </summary>
    public static void Offer(HttpContext context, TimeProvider time)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            var isBare = context.Features.Get<ITlsHandshakeFeature>() is null;
            context.Features.Set<IHttpUpgradeFeature>(new Feature(upgrade, context.Features.Get<IConnectionSocketFeature>()?.Socket, isBare, time));
        }
    }

    /// <summary>The stream under the WebSocket that was accepted.</summary>
    public static UpgradedStream Under(HttpContext context) =>
        (context.Features.Get<IHttpUpgradeFeature>() as Feature)?.Stream
        ?? throw new InvalidOperationException($"The request was not upgraded by way of {nameof(Offer)}.");

    private sealed class Feature(IHttpUpgradeFeature inner, Socket? socket, bool isBare, TimeProvider time) : IHttpUpgradeFeature
    {
        /// <summary>The stream, once upgraded.</summary>
        public UpgradedStream? Stream { get; private set; }

        /// <inheritdoc/>
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        /// <inheritdoc/>
        public async Task<Stream> UpgradeAsync()
        {
            if (socket is not null)
            {
                // A send takes what fits and says so; it is waited for elsewhere.
                socket.Blocking = false;
            }

            return Stream = new UpgradedStream(await inner.UpgradeAsync(), socket, isBare, time);
        }
    }
}
