namespace OrleansChat.Gateway.Connections;

/// <summary>
/// The only writer of a connection: takes batches from the connection send queue and writes them to the socket. It ends
/// after a close frame, after a failure, or when the queue is completed and empty.
/// </summary>
internal sealed class ConnectionWriter
{
    /// <summary>
    /// If the socket does not take all bytes of a write at once, the writer writes the remaining bytes in pieces of at
    /// most this many bytes. If the write of a piece had to wait until the socket had space, the end of this write
    /// counts as progress. The heartbeat treats progress as a sign of life.
    /// </summary>
    private const int PieceBytes = 16 * 1024;

    /// <summary>This thread's batch; null while it is in use.</summary>
    [ThreadStatic] private static WriteBatch? t_batch;

    private readonly WriteQueue _writeQueue;
    private readonly DirectSocketStream _stream;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _cut;
    private readonly int _batchBytes;

    private State _state;

    /// <summary>Completes when the writer has ended. Created on first use, so idle connections have none.</summary>
    private TaskCompletionSource? _end;

    private long _lastProgress;
    private bool _isWaiting;

    /// <param name="options">Provides the bounds of the send queue and of a batch.</param>
    /// <param name="time">The clock of <see cref="LastProgress"/>.</param>
    /// <param name="cut">
    /// Cancelling this source cuts the connection. The writer cancels it if the writer ends without a close frame.
    /// </param>
    public ConnectionWriter(WriteQueue writeQueue, DirectSocketStream stream, ConnectionOptions options, TimeProvider time, CancellationTokenSource cut)
    {
        (_writeQueue, _stream, _time, _cut, _batchBytes) = (writeQueue, stream, time, cut, options.WriteBytes);
        _lastProgress = time.GetTimestamp();
        SendQueue = new(options.SendQueueBytes, options.AnswerBytes, Schedule);
    }

    private enum State
    {
        /// <summary>Batches are taken and written.</summary>
        Writing,

        /// <summary>A close frame was taken. Nothing may be written after it (RFC 6455 §5.5.1).</summary>
        Closed,

        /// <summary>The writer has ended.</summary>
        Over,
    }

    public ConnectionSendQueue SendQueue { get; }

    /// <summary>
    /// Completes when the writer has ended. Faults if the writer failed because of a bug. If the peer vanished or the
    /// connection was cut, completes without an exception.
    /// </summary>
    public Task Completion => End.Task;

    /// <summary>True while a write waits until the socket has space.</summary>
    public bool IsWaiting => Volatile.Read(ref _isWaiting);

    /// <summary>
    /// Timestamp of the last progress: the end of a write that had to wait until the socket had space. Before the first
    /// progress, the timestamp of the writer's creation.
    /// </summary>
    public long LastProgress => Volatile.Read(ref _lastProgress);

    private TaskCompletionSource End =>
        LazyInitializer.EnsureInitialized(ref _end, static () => new(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>
    /// Empties the connection send queue. Runs on the caller's thread until a write must wait. The write queue calls
    /// this method after the connection send queue has scheduled the writer. The writer is scheduled again only after
    /// it has found the connection send queue empty, so at most one call writes at a time.
    /// <list type="number">
    /// <item>Take a batch from the connection send queue, up to about WriteBytes.</item>
    /// <item>Write to the socket. The socket may take only the first part of the bytes at once.</item>
    /// <item>Write the remaining bytes in pieces. If the socket has no space for a piece, wait until the peer has
    /// received earlier bytes. The end of each wait is a sign of life.</item>
    /// <item>Repeat until the connection send queue is empty. The next item that is queued schedules the next
    /// call.</item>
    /// <item>End the writer after a close frame, after a failure, or when the connection send queue is completed and
    /// empty. If two calls find it completed and empty, only the first ends the writer.</item>
    /// </list>
    /// </summary>
    public void Write() => _ = WriteAsync();

    private void Schedule() => _writeQueue.Add(this);

    private async Task WriteAsync()
    {
        Exception? failure = null;
        try
        {
            // Steps 1 to 3, batch by batch.
            while (_state == State.Writing && await TryWriteAsync())
            {
            }

            // Step 4: The connection send queue is empty, but more items may be queued later.
            if (_state == State.Writing && !SendQueue.IsOver)
            {
                return;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The peer vanished, or this gateway cut the connection.
        }
        catch (Exception exception)
        {
            // A bug. Completion reports it.
            failure = exception;
        }

        // Step 5: The writer ends.
        await EndAsync(failure);
    }

    private async ValueTask EndAsync(Exception? failure)
    {
        switch (Interlocked.Exchange(ref _state, State.Over))
        {
            case State.Writing:
                // No close frame was taken, so the peer has no close frame to answer: cut the connection.
                await _cut.CancelAsync();
                break;
            case State.Closed:
                // The peer has CloseTimeout to answer the close frame.
                break;
            case State.Over:
                // Two calls of Write found the connection send queue completed and empty: it was completed just after
                // the first call had found it empty, and this scheduled the second call. The other call has already
                // ended the writer.
                return;
        }

        if (failure is null)
        {
            End.SetResult();
        }
        else
        {
            End.SetException(failure);
        }
    }

    /// <summary>Writes one batch. Returns false if the connection send queue is empty.</summary>
    private async ValueTask<bool> TryWriteAsync()
    {
        // Step 1: Take a batch. The batch object belongs to the thread. A write that must wait keeps the object until
        // the write is done.
        var batch = t_batch ?? new();
        t_batch = null;
        if (!batch.TryFill(SendQueue, _batchBytes))
        {
            t_batch = batch;
            return false;
        }

        if (batch.IsClose)
        {
            _state = State.Closed;
        }

        await WriteAsync(batch.Joined);
        await WriteAsync(batch.Large);
        batch.Clear();
        t_batch = batch;
        return true;
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        // Step 2: Write what the socket takes at once. Step 3: Write the remaining bytes in pieces.
        for (var rest = bytes.IsEmpty ? bytes : _stream.WriteAtOnce(bytes); !rest.IsEmpty; rest = rest[Math.Min(PieceBytes, rest.Length)..])
        {
            await WritePieceAsync(rest[..Math.Min(PieceBytes, rest.Length)]);
        }
    }

    private ValueTask WritePieceAsync(ReadOnlyMemory<byte> piece)
    {
        // A write that completes at once proves nothing about the peer. Even if the peer is dead, the buffers of the
        // operating system take a small write, such as a ping.
        var writing = _stream.WriteToWireAsync(piece, _cut.Token);
        return writing.IsCompleted ? writing : ProgressAsync(writing);
    }

    private async ValueTask ProgressAsync(ValueTask writing)
    {
        Volatile.Write(ref _isWaiting, true);
        await writing;

        // The buffers were full and have space again, so the peer has received bytes. The heartbeat may be checked
        // between the next two statements. The progress is stored first, and Heartbeat.Check reads IsWaiting before
        // LastProgress. So the check sees that the write waits, or sees the new progress, or both.
        Volatile.Write(ref _lastProgress, _time.GetTimestamp());
        Volatile.Write(ref _isWaiting, false);
    }
}
