using Microsoft.AspNetCore.Http.Features;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// The transport under one WebSocket. The framework's WebSocket reads through it: parsing, unmasking, UTF-8, fragments and the
/// closing handshake are its own. What it writes (pongs and close frames) goes to the outbox instead of the wire, so that a
/// connection has one writer. For the same reason disposing of it leaves the transport open: a WebSocket that met a wrong frame gives its
/// stream up at once, and its close frame is still to be written. The server ends the transport with the request.
/// HTTP/1.1 upgrades only: HTTP/2 has no upgrade.
/// </summary>
internal sealed class UpgradedStream(Stream transport, TimeProvider time) : Stream
{
    private Outbox? _outbox;
    private CancellationToken _gone;

    /// <summary>When bytes of any kind last came in.</summary>
    public long LastHeard { get; private set; } = time.GetTimestamp();

    /// <summary>From now on what the WebSocket writes goes to this outbox, as long as the connection is not gone.</summary>
    public void DivertTo(Outbox outbox, CancellationToken gone) => (_outbox, _gone) = (outbox, gone);

    /// <summary>Writes to the wire: the connection's writer alone calls it.</summary>
    public ValueTask WriteToWireAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        transport.WriteAsync(bytes, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Of the two tokens the connection's own counts: the WebSocket's cancellation comes from it, and ends with disposing of this stream.
        var read = await transport.ReadAsync(buffer, _gone.CanBeCanceled ? _gone : cancellationToken);
        LastHeard = time.GetTimestamp();
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
            context.Features.Set<IHttpUpgradeFeature>(new Feature(upgrade, time));
        }
    }

    /// <summary>The stream under the WebSocket that was accepted.</summary>
    public static UpgradedStream Under(HttpContext context) =>
        (context.Features.Get<IHttpUpgradeFeature>() as Feature)?.Stream
        ?? throw new InvalidOperationException($"The request was not upgraded by way of {nameof(Offer)}.");

    private sealed class Feature(IHttpUpgradeFeature inner, TimeProvider time) : IHttpUpgradeFeature
    {
        /// <summary>The stream, once upgraded.</summary>
        public UpgradedStream? Stream { get; private set; }

        /// <inheritdoc/>
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        /// <inheritdoc/>
        public async Task<Stream> UpgradeAsync() => Stream = new UpgradedStream(await inner.UpgradeAsync(), time);
    }
}
