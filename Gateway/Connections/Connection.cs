using System.Buffers;
using System.Net.WebSockets;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// One WebSocket connection: a read loop that dispatches whole frames to a handler, a writer that empties the
/// connection send queue, and the closing of both. This class knows bytes, limits and heartbeats, but no rooms or
/// sessions.
/// <para>Life of a connection:</para>
/// <code>
///   open ──EndWhenAnsweredAsync──► waiting for answers ──all answered──► ending ──close frame written──► closed
///     └─────────────────────────────────End─────────────────────────────►─┘
/// </code>
/// <see cref="_waitingForAnswers"/>, <see cref="_ending"/> and <see cref="_closed"/> mark these states; none is ever
/// reset. From every state a failure of the socket leads to the end of <see cref="RunAsync"/>.
/// </summary>
internal sealed class Connection : IDisposable
{
    /// <summary>
    /// Size of a piece that the writer waits for, in bytes. Each piece that the peer makes room for counts as progress,
    /// and progress as a sign of life.
    /// </summary>
    private const int PieceBytes = 16 * 1024;

    /// <summary>This thread's batch; null while it is in use.</summary>
    [ThreadStatic] private static WriteBatch? t_batch;

    private readonly WebSocket _socket;
    private readonly WriteQueue _writeQueue;
    private readonly DirectSocketStream _stream;
    private readonly ConnectionOptions _options;
    private readonly int _frameBytes;

    /// <summary>
    /// Limits how fast inflated bytes are taken. An uncompressed frame is no larger than on the wire.
    /// </summary>
    private readonly Allowance _inflated;

    /// <summary>
    /// Bytes that may still be inflated after the end began. They suffice to find the peer's close frame behind the
    /// frames that were in transit.
    /// </summary>
    private int _inflatable;

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _cut = new();
    private readonly Lock _gate = new();
    private readonly SingleWaiterAutoResetEvent _handled = new();

    /// <summary>True once the end has begun or the connection is disposed. Written under <see cref="_gate"/>.</summary>
    private bool _ending;

    /// <summary>1 while the handler processes a frame.</summary>
    private int _handling;

    /// <summary>1 once <see cref="EndWhenAnsweredAsync"/> was called. Later frames are not handled.</summary>
    private int _waitingForAnswers;

    /// <summary>Completes when the writer has ended.</summary>
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True once the writer has taken a close frame. Nothing may be written after it.</summary>
    private bool _closed;

    private bool _writerIsOver;

    /// <summary>True while a write waits for the peer to make room.</summary>
    private bool _isWriting;

    /// <summary>Timestamp of the last piece that the peer made room for.</summary>
    private long _lastProgress;

    /// <summary>Timestamp of the last ping; 0 before the first.</summary>
    private long _lastPing;

    public Connection(WebSocket socket, DirectSocketStream stream, WriteQueue writeQueue, ConnectionOptions options, int frameBytes, TimeProvider time)
    {
        (_socket, _stream, _writeQueue, _options, _frameBytes, _time) = (socket, stream, writeQueue, options, frameBytes, time);
        _inflatable = frameBytes;
        _lastProgress = time.GetTimestamp();
        SendQueue = new(options.SendQueueBytes, options.AnswerBytes, ScheduleWrite);
        Commands = new(options.CommandsPerSecond, options.CommandBurst, time);
        _inflated = new(options.BytesPerSecond, options.BytesPerSecond, time);

        // What the framework's WebSocket writes (pongs, close frames) goes through the connection send queue.
        stream.DivertTo(SendQueue, new(options.BytesPerSecond, options.BytesPerSecond, time), Commands, _cut.Token);
    }

    /// <summary>The connection send queue.</summary>
    public ConnectionSendQueue SendQueue { get; }

    /// <summary>Limits the commands other than sends, and the WebSocket pings.</summary>
    public Allowance Commands { get; }

    /// <summary>Handles the frames. Must be set before <see cref="RunAsync"/>.</summary>
    public IFrameHandler? Handler { get; set; }

    /// <summary>True once the end has begun.</summary>
    public bool IsEnding => Volatile.Read(ref _ending);

    /// <summary>
    /// True once the connection is to end after the received frames are answered. Later frames are dropped.
    /// </summary>
    public bool IsWaitingForAnswers => Volatile.Read(ref _waitingForAnswers) == 1;

    /// <summary>Cancelled when the socket is closed, has failed, or is given up.</summary>
    public CancellationToken Gone => _cut.Token;

    /// <summary>
    /// Runs the connection until the socket is gone.
    /// <list type="number">
    /// <item>Read frames and dispatch them to the handler, one after another (<see cref="ReadAsync"/>).</item>
    /// <item>If the peer violated RFC 6455, keep the socket open until the peer closes it, or for CloseSeconds.</item>
    /// <item>Complete the connection send queue, and give the writer up to CloseSeconds to empty it.</item>
    /// <item>Cancel everything that still uses the socket, and wait for the writer.</item>
    /// </list>
    /// </summary>
    /// <param name="failed">Called with an exception of the handler. It must end the connection.</param>
    public async Task RunAsync(Action<Connection, Exception> failed)
    {
        try
        {
            // Step 1: Read and dispatch frames.
            await ReadAsync(failed);
        }
        catch (WebSocketException)
        {
            // Step 2: The peer vanished or violated RFC 6455.
            await WaitForPeerCloseAsync();
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The peer vanished, or this side gave up. The caller closes the conversation when this method returns.
        }
        finally
        {
            // Step 3: Let the writer empty the queue.
            SendQueue.Complete();
            await Task.WhenAny(_written.Task, Task.Delay(TimeSpan.FromSeconds(_options.CloseSeconds), _time));

            // Step 4: Give the socket up. A failure of the writer that is a bug is thrown here.
            await _cut.CancelAsync();
            await _written.Task;
        }
    }

    /// <summary>
    /// Begins the end: the waiting answers are still written, then the handler's farewell and a close frame. The peer
    /// has <see cref="ConnectionOptions.CloseSeconds"/> to answer. Only the first call counts, and none after the
    /// connection is disposed.
    /// </summary>
    public void End(CloseCode code, string reason) => End(code, reason, null);

    /// <summary>
    /// Begins the end when the received frames are answered, or when <paramref name="patience"/> is cancelled. Frames
    /// that arrive after the call are dropped unread. The client sends their commands again, as if they had been sent
    /// after the close.
    /// </summary>
    public async Task EndWhenAnsweredAsync(CloseCode code, string reason, int? after, CancellationToken patience)
    {
        // The reader sets _handling and then reads _waitingForAnswers. This method sets _waitingForAnswers and then reads
        // _handling. So either the reader drops its frame, or this method waits for it.
        Interlocked.Exchange(ref _waitingForAnswers, 1);
        try
        {
            while (Volatile.Read(ref _handling) == 1)
            {
                await _handled.WaitAsync(patience);
            }

            await (Handler?.WaitForAnswersAsync(patience) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // The client sends unanswered commands again, with their ids.
        }
        finally
        {
            End(code, reason, after);
        }
    }

    /// <inheritdoc cref="End(CloseCode, string)"/>
    /// <param name="after">
    /// Milliseconds that the client should wait before it reconnects; null if the client decides.
    /// </param>
    public void End(CloseCode code, string reason, int? after)
    {
        lock (_gate)
        {
            // Open, waiting for answers - begin the end.
            // Ending - do nothing: the first call counts.
            // Disposed - do nothing: heartbeats, the drain and timers may call this late, when _cut is disposed.
            if (_ending)
            {
                return;
            }

            _ending = true;
            _cut.CancelAfter(TimeSpan.FromSeconds(_options.CloseSeconds));
        }

        SendQueue.DropEvents();
        if (Handler?.Farewell(code, reason, after) is { IsEmpty: false } farewell)
        {
            SendQueue.EnqueueAnswer(farewell);
        }

        SendQueue.EnqueueFrame(WebSocketFrames.Close(code, reason));
    }

    /// <summary>
    /// Checks the heartbeat. Received bytes of any kind are a sign of life. So are written bytes that a slow reader
    /// made room for, because it answers a ping only after it has read up to it. Such a reader may make room rarely,
    /// because its TCP window opens in large steps.
    /// </summary>
    public void CheckHeartbeat()
    {
        var now = _time.GetTimestamp();
        var heartbeat = TimeSpan.FromSeconds(_options.HeartbeatSeconds);
        var silence = _time.GetElapsedTime(Math.Max(_stream.LastReceived, Volatile.Read(ref _lastProgress)), now);

        // No sign of life for two heartbeats, and
        //   nothing waits to be written - the peer should have answered a ping: it is dead.
        //   a write waits for the peer - it is dead only if its machine acknowledges nothing, or after StallSeconds.
        var isDead = silence >= 2 * heartbeat
            && (!Volatile.Read(ref _isWriting) || silence >= TimeSpan.FromSeconds(_options.StallSeconds) || _stream.IsPeerUnreachable(2 * heartbeat));
        if (isDead)
        {
            End(CloseCode.NoPong, $"nothing was received for {silence.TotalSeconds:0} s");
        }
        else if (_time.GetElapsedTime(_stream.LastReceived, now) >= heartbeat && (_lastPing == 0 || _time.GetElapsedTime(_lastPing, now) >= heartbeat))
        {
            // Nothing received for a heartbeat - ping, once per heartbeat.
            _lastPing = now;
            SendQueue.EnqueueFrame(WebSocketFrames.Ping);
        }
    }

    /// <summary>
    /// Reads frames until the peer closes, the connection ends, or the socket fails.
    /// <list type="number">
    /// <item>Wait for data without holding a buffer.</item>
    /// <item>Read a whole frame (a WebSocket message) into a pooled buffer, at the allowed pace.</item>
    /// <item>If the frame is too large, end the connection and discard all further input.</item>
    /// <item>If it is a close frame, queue the answer and return.</item>
    /// <item>If the end has begun, limit what is still inflated. The frame itself is dropped in step 7.</item>
    /// <item>Wait while too many answers wait to be written: this slows the peer down.</item>
    /// <item>Dispatch the frame to the handler, and wait until it returns.</item>
    /// </list>
    /// </summary>
    private async Task ReadAsync(Action<Connection, Exception> failed)
    {
        while (true)
        {
            // Step 1: Wait for data. A zero-byte read needs no buffer, so idle connections hold none. No token: the
            // stream below observes the connection's own.
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

                    // The read returns when the buffer is full. One byte above the limit is enough to see that the
                    // frame is too large.
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length, Math.Min(buffer.Length, _frameBytes + 1) - length), CancellationToken.None);
                    length += part.Count;
                    if (part.Count > 0)
                    {
                        await _inflated.PaceAsync(part.Count, _cut.Token);
                    }

                    // Step 3: Too large.
                    if (length > _frameBytes)
                    {
                        End(CloseCode.FrameTooBig, $"a frame may have up to {_frameBytes} bytes");
                        await DrainAsync(buffer);
                        return;
                    }
                }

                if (part.MessageType == WebSocketMessageType.Close)
                {
                    // Step 4: A close frame. The framework writes the answer to the stream, which queues it behind what
                    // waits.
                    await _socket.CloseOutputAsync(_socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, _cut.Token);
                    return;
                }

                // Step 5: The end has begun, and enough was inflated to find the peer's close frame.
                if (IsEnding && (_inflatable -= length) < 0)
                {
                    await DrainRawAsync(buffer);
                    return;
                }

                // Step 6: Back-pressure.
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
    /// Dispatches a frame to the handler. The frame is dropped if the connection waits for answers or is ending.
    /// </summary>
    private async ValueTask DispatchAsync(Action<Connection, Exception> failed, ReadOnlyMemory<byte> frame, bool binary)
    {
        Interlocked.Exchange(ref _handling, 1);
        try
        {
            if (!_ending && !IsWaitingForAnswers)
            {
                await Handler!.ReceiveAsync(frame, binary);
            }
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
        {
            failed(this, exception);
        }
        finally
        {
            Interlocked.Exchange(ref _handling, 0);
            if (IsWaitingForAnswers)
            {
                _handled.Set();
            }
        }
    }

    /// <summary>
    /// Discards frames until the peer answers the close or the connection is cut. Inflates no more than one frame in
    /// all; after that it discards raw bytes.
    /// </summary>
    private async Task DrainAsync(byte[] buffer)
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

        await DrainRawAsync(buffer);
    }

    /// <summary>Discards raw bytes until the peer closes the socket or the connection is cut.</summary>
    private async Task DrainRawAsync(byte[] buffer)
    {
        while (await _stream.ReadAsync(buffer, _cut.Token) > 0)
        {
        }
    }

    /// <summary>
    /// Ends a connection whose peer vanished or violated RFC 6455. In the second case the framework has queued a close
    /// frame. The socket stays open until the peer closes it, or for CloseSeconds: closing a socket with unread bytes
    /// resets it, and the peer would lose the close frame.
    /// </summary>
    private async Task WaitForPeerCloseAsync()
    {
        SendQueue.Complete();
        _cut.CancelAfter(TimeSpan.FromSeconds(_options.CloseSeconds));
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            await DrainRawAsync(buffer);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The peer closed the socket, or the time is over.
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

    private void ScheduleWrite() => _writeQueue.Add(this);

    /// <summary>
    /// Empties the connection send queue. Runs on the caller's thread for as long as the transport takes the bytes at
    /// once. The write queue calls this when the connection send queue is due, so at most one call writes at a time.
    /// <list type="number">
    /// <item>Take a batch from the queue, up to about WriteBytes.</item>
    /// <item>Write to the socket what it takes at once.</item>
    /// <item>Write the rest in pieces, and wait for the peer after each. Each wait that ends is a sign of life.</item>
    /// <item>Repeat until the queue is empty. The next item that is queued schedules the next call.</item>
    /// <item>After a close frame, a failure, or the queue's completion, the writer ends, once.</item>
    /// </list>
    /// </summary>
    public void Write() => _ = WriteAsync();

    private async Task WriteAsync()
    {
        Exception? failure = null;
        try
        {
            // Steps 1 to 3, batch by batch.
            while (!_closed && await TryWriteAsync())
            {
            }

            // Step 4: The queue is empty, and more may come.
            if (!_closed && !SendQueue.IsOver)
            {
                return;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The peer vanished, or this side gave up.
        }
        catch (Exception exception)
        {
            // A bug. RunAsync throws it, through _written.
            failure = exception;
        }

        // Step 5: The writer ends. If the queue is completed just after a call found it empty, a second call comes, and
        // both find that the queue is over: only the first of them ends the writer.
        if (Interlocked.Exchange(ref _writerIsOver, true))
        {
            return;
        }

        // Without a close frame the connection cannot go on, because it cannot write: cut it. After a close frame the
        // peer has CloseSeconds to answer.
        if (!_closed)
        {
            await _cut.CancelAsync();
        }

        if (failure is null)
        {
            _written.SetResult();
        }
        else
        {
            _written.SetException(failure);
        }
    }

    /// <summary>Writes one batch. Returns false if nothing waits.</summary>
    private async ValueTask<bool> TryWriteAsync()
    {
        // Step 1: Take a batch. The batch object belongs to the thread; a write that must wait keeps it until it is
        // done.
        var batch = t_batch ?? new();
        t_batch = null;
        if (!batch.TryFill(SendQueue, _options.WriteBytes))
        {
            t_batch = batch;
            return false;
        }

        _closed = batch.IsClose;
        await WriteAsync(batch.Joined);
        await WriteAsync(batch.Large);
        batch.Clear();
        t_batch = batch;
        return true;
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        // Step 2: What the socket takes at once. Step 3: the rest, in pieces.
        for (var rest = bytes.IsEmpty ? bytes : _stream.WriteAtOnce(bytes); !rest.IsEmpty; rest = rest[Math.Min(PieceBytes, rest.Length)..])
        {
            await WritePieceAsync(rest[..Math.Min(PieceBytes, rest.Length)]);
        }
    }

    private ValueTask WritePieceAsync(ReadOnlyMemory<byte> piece)
    {
        // A write that completes at once proves nothing about the peer: the buffers below take bytes, such as a ping,
        // for a dead peer too.
        var writing = _stream.WriteToWireAsync(piece, _cut.Token);
        return writing.IsCompleted ? writing : ProgressAsync(writing);
    }

    private async ValueTask ProgressAsync(ValueTask writing)
    {
        Volatile.Write(ref _isWriting, true);
        await writing;

        // The buffers were full, and the peer made room. Beat may run between these two writes. In this order it sees a
        // waiting write, or the progress, or both.
        Volatile.Write(ref _lastProgress, _time.GetTimestamp());
        Volatile.Write(ref _isWriting, false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            // Heartbeats, the drain and timers may still hold a reference to this connection for a moment. Their calls
            // to End must do nothing.
            _ending = true;
        }

        _cut.Dispose();
        _socket.Dispose();
    }
}
