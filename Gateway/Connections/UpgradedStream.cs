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
internal sealed class UpgradedStream(Stream transport, Socket? socket, TimeProvider time) : Stream
{
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

    /// <summary>Writes to the wire: the connection's writer alone calls it.</summary>
    public ValueTask WriteToWireAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        transport.WriteAsync(bytes, cancellationToken);

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
            context.Features.Set<IHttpUpgradeFeature>(new Feature(upgrade, context.Features.Get<IConnectionSocketFeature>()?.Socket, time));
        }
    }

    /// <summary>The stream under the WebSocket that was accepted.</summary>
    public static UpgradedStream Under(HttpContext context) =>
        (context.Features.Get<IHttpUpgradeFeature>() as Feature)?.Stream
        ?? throw new InvalidOperationException($"The request was not upgraded by way of {nameof(Offer)}.");

    private sealed class Feature(IHttpUpgradeFeature inner, Socket? socket, TimeProvider time) : IHttpUpgradeFeature
    {
        /// <summary>The stream, once upgraded.</summary>
        public UpgradedStream? Stream { get; private set; }

        /// <inheritdoc/>
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        /// <inheritdoc/>
        public async Task<Stream> UpgradeAsync() => Stream = new UpgradedStream(await inner.UpgradeAsync(), socket, time);
    }
}
