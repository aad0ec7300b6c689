using System.Buffers;
using System.Net.WebSockets;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Connections;

/// <content>
/// The read loop. It is not a separate class, because the connection's state decides whether a frame is handled, and
/// the loop ends the connection if a frame is too large.
/// </content>
internal sealed partial class Connection
{
    private readonly int _frameBytes;

    /// <summary>
    /// Limits how fast decompressed bytes are read. The stream limits the bytes on the wire to the same rate. Only a
    /// compressed frame can have more decompressed bytes than bytes on the wire, so this limit slows down only
    /// compressed frames.
    /// </summary>
    private readonly Allowance _inflated;

    /// <summary>
    /// How many more bytes the connection may read and decompress while it is ending. At first, this is the maximum
    /// size of a frame. The peer may have sent other frames before its close frame. The connection must read these
    /// frames to find the close frame.
    /// </summary>
    private int _inflatable;

    /// <summary>True while the handler processes a frame.</summary>
    private bool _isHandling;

    /// <summary>
    /// Signaled after each dispatched frame; null until <see cref="WaitUntilHandledAsync"/> is called.
    /// </summary>
    private SingleWaiterAutoResetEvent? _handled;

    /// <summary>
    /// Reads frames until a close frame arrives, the socket is closed or fails, or this gateway cuts the connection.
    /// <list type="number">
    /// <item>Wait for data without holding a buffer.</item>
    /// <item>Read a whole frame (a WebSocket message) into a pooled buffer, at the allowed pace.</item>
    /// <item>If the frame is too large, end the connection, and discard all further input.</item>
    /// <item>If the frame is a close frame, queue an answering close frame and return.</item>
    /// <item>If the connection is ending, count the frame's bytes. If the count exceeds the maximum size of a frame,
    /// discard all further input. Otherwise, step 7 drops the frame.</item>
    /// <item>Wait while too many answers are queued. This slows the peer down.</item>
    /// <item>Dispatch the frame to the handler, and wait until the handler returns.</item>
    /// </list>
    /// </summary>
    private async Task ReadAsync(Action<Connection, Exception> failed)
    {
        while (true)
        {
            // Step 1: Wait for data. A zero-byte read needs no buffer, so idle connections hold none. No token is
            // passed, because the WebSocket's stream observes the connection's token.
            var part = await _socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            var buffer = ArrayPool<byte>.Shared.Rent(4096);
            try
            {
                // Step 2: Read a whole frame.
                var length = 0;
                while (!part.EndOfMessage)
                {
                    if (length == buffer.Length)
                    {
                        Grow(ref buffer, length);
                    }

                    // Read at most one byte more than a frame may have. This byte is enough to see that the frame is
                    // too large.
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length, Math.Min(buffer.Length, _frameBytes + 1) - length), CancellationToken.None);
                    length += part.Count;
                    if (part.Count > 0)
                    {
                        await _inflated.PaceAsync(part.Count, _cut.Token);
                    }

                    // Step 3: The frame is too large.
                    if (length > _frameBytes)
                    {
                        End(CloseCode.FrameTooBig, $"a frame may have up to {_frameBytes} bytes");
                        await DiscardFramesAsync(buffer);
                        return;
                    }
                }

                if (part.MessageType == WebSocketMessageType.Close)
                {
                    // Step 4: A close frame. The framework writes the answer to the stream. The stream puts the answer
                    // at the end of the connection send queue.
                    await _socket.CloseOutputAsync(_socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, _cut.Token);
                    return;
                }

                // Step 5: If the connection is ending and no more bytes may be decompressed, discard all further input.
                if (IsEnding && (_inflatable -= length) < 0)
                {
                    await DiscardBytesAsync(buffer);
                    return;
                }

                // Step 6: Wait while too many answers are queued.
                await SendQueue.AnswersFitAsync(_cut.Token);

                // Step 7: Dispatch.
                await DispatchAsync(failed, buffer.AsMemory(0, length), part.MessageType == WebSocketMessageType.Binary);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>
    /// Dispatches a frame to the handler if the connection is open. In every other state, drops the frame.
    /// </summary>
    private async ValueTask DispatchAsync(Action<Connection, Exception> failed, ReadOnlyMemory<byte> frame, bool binary)
    {
        // This method sets _isHandling and then reads the state. EndWhenAnsweredAsync changes the state and then reads
        // _isHandling. So either this method sees the new state and drops the frame, or EndWhenAnsweredAsync sees
        // _isHandling and waits for the handler.
        Interlocked.Exchange(ref _isHandling, true);
        try
        {
            if (_state == State.Open)
            {
                await Handler!.ReceiveAsync(frame, binary);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            failed(this, exception);
        }
        finally
        {
            // This method clears _isHandling and then reads _handled. WaitUntilHandledAsync creates _handled and then
            // reads _isHandling. So if WaitUntilHandledAsync finds _isHandling set, this method finds _handled and
            // signals it.
            Interlocked.Exchange(ref _isHandling, false);
            Volatile.Read(ref _handled)?.Set();
        }
    }

    /// <summary>
    /// If the handler is processing a frame, waits until the handler has returned. Call this method only when no
    /// further frame will be dispatched. Only one caller may wait at a time.
    /// </summary>
    private async Task WaitUntilHandledAsync(CancellationToken cancellationToken)
    {
        var handled = LazyInitializer.EnsureInitialized(ref _handled, static () => new());
        while (Volatile.Read(ref _isHandling))
        {
            await handled.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Discards frames until the peer answers the close frame or the connection is cut. Decompresses only as many bytes
    /// as <see cref="_inflatable"/> allows. After that, discards raw bytes without decompressing them.
    /// </summary>
    private async Task DiscardFramesAsync(byte[] buffer)
    {
        while (_inflatable >= 0)
        {
            var part = await _socket.ReceiveAsync(buffer.AsMemory(), _cut.Token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            _inflatable -= part.Count;
            await _inflated.PaceAsync(part.Count, _cut.Token);
        }

        await DiscardBytesAsync(buffer);
    }

    /// <summary>Discards raw bytes until the peer closes the socket or the connection is cut.</summary>
    private async Task DiscardBytesAsync(byte[] buffer)
    {
        while (await _stream.ReadAsync(buffer, _cut.Token) > 0)
        {
        }
    }

    /// <summary>
    /// Ends a connection whose peer vanished or violated RFC 6455. After a violation, the framework has queued a close
    /// frame. The socket stays open until the peer closes it, but at most for CloseTimeout. If this gateway closed a
    /// socket that has unread bytes, TCP would reset the connection, and the peer could lose the close frame.
    /// </summary>
    private async Task WaitForPeerCloseAsync()
    {
        SendQueue.Complete();
        _cut.CancelAfter(_options.CloseTimeout);
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            await DiscardBytesAsync(buffer);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The socket failed, or CloseTimeout has passed.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Grow(ref byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
