using System.Buffers;
using System.Net.WebSockets;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// One socket: a read loop that hands whole frames up, a writer that joins what waits in the outbox, and its end. It knows
/// bytes, limits and life; nothing of rooms or sessions.
/// </summary>
internal sealed class Connection : IDisposable
{
    /// <summary>What is waited for at a time: each of them that the peer makes room for is progress, and progress is life.</summary>
    private const int PieceBytes = 16 * 1024;

    [ThreadStatic] private static Gathering? t_gathered;

    private readonly WebSocket _socket;
    private readonly WriteLane _lane;
    private readonly UpgradedStream _stream;
    private readonly ConnectionOptions _options;
    private readonly int _frameBytes;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _cut = new();
    private readonly Lock _gate = new();
    private readonly Signal _handled = new();
    private bool _ending;
    private int _handling;
    private int _settling;
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closed;
    private bool _writerIsOver;
    private bool _isWriting;
    private long _lastProgress;
    private long _lastPing;

    public Connection(WebSocket socket, UpgradedStream stream, WriteLane lane, ConnectionOptions options, int frameBytes, TimeProvider time)
    {
        (_socket, _stream, _lane, _options, _frameBytes, _time) = (socket, stream, lane, options, frameBytes, time);
        _lastProgress = time.GetTimestamp();
        Outbox = new(options.OutboxBytes, options.AnswerBytes, Due);
        Commands = new(options.CommandsPerSecond, options.CommandBurst, time);
    }

    /// <summary>What waits to be written.</summary>
    public Outbox Outbox { get; }

    /// <summary>How many commands the peer may still give, beside sends.</summary>
    public Allowance Commands { get; }

    /// <summary>Whoever talks over it. Set before it runs; null for nobody yet.</summary>
    public IFrameHandler? Handler { get; set; }

    /// <summary>Whether its end has begun.</summary>
    public bool IsEnding => Volatile.Read(ref _ending);

    /// <summary>Whether it ends once the frames that came are answered, and lets go those that come.</summary>
    public bool IsSettling => Volatile.Read(ref _settling) == 1;

    /// <summary>Cancelled when the socket is gone or given up.</summary>
    public CancellationToken Gone => _cut.Token;

    /// <summary>
    /// Runs until the socket is gone. Frames go to the handler one after another; the next is not read before it returns, so one that
    /// waits slows the peer down and nobody else.
    /// </summary>
    /// <param name="failed">Told what the handler threw; it ends the connection.</param>
    public async Task RunAsync(Action<Connection, Exception> failed)
    {
        _stream.DivertTo(Outbox, new(_options.BytesPerSecond, _options.BytesPerSecond, _time), Commands, _cut.Token);
        try
        {
            await ReadAsync(failed);
        }
        catch (WebSocketException)
        {
            await PartAsync();
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The peer vanished, or this side gave up: the session hears of it by our return.
        }
        finally
        {
            Outbox.Complete();
            await Task.WhenAny(_written.Task, Task.Delay(TimeSpan.FromSeconds(_options.CloseSeconds), _time));
            await _cut.CancelAsync();
            await _written.Task;
        }
    }

    /// <summary>
    /// Says goodbye: the answers that wait are still written, then the farewell and a close frame; the peer has a moment to answer. The
    /// first time counts, and none does once the connection is disposed of.
    /// </summary>
    public void End(CloseCode code, string reason) => End(code, reason, null);

    /// <summary>
    /// Says goodbye once the frames that came are answered, or <paramref name="patience"/> is over. Frames that come meanwhile are let go
    /// unread: they are as those that would have come a moment later.
    /// </summary>
    public async Task EndSettledAsync(CloseCode code, string reason, int? after, CancellationToken patience)
    {
        // With the reader's own exchange: it sees this one, or this one sees that it is handling a frame.
        Interlocked.Exchange(ref _settling, 1);
        try
        {
            while (Volatile.Read(ref _handling) == 1)
            {
                await _handled.WaitAsync(patience);
            }

            await (Handler?.SettleAsync(patience) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // What is unanswered then is sent again with its id.
        }
        finally
        {
            End(code, reason, after);
        }
    }

    private void End(CloseCode code, string reason, int? after)
    {
        lock (_gate)
        {
            if (_ending)
            {
                return;
            }

            _ending = true;
            _cut.CancelAfter(TimeSpan.FromSeconds(_options.CloseSeconds));
        }

        Outbox.DropPosts();
        if (Handler?.Farewell(code, reason, after) is { IsEmpty: false } farewell)
        {
            Outbox.Answer(farewell);
        }

        Outbox.Frame(WebSocketFrames.Close(code, reason));
    }

    /// <summary>
    /// Pings when nothing came for a heartbeat, gives up after two. Bytes of any kind that came in count as life, and so do bytes that a
    /// slow reader made room for: it answers a ping only once it has read up to it. While a write waits for that room, that can be long:
    /// its window opens by large steps. It is waited for, unless its machine is known to be gone.
    /// </summary>
    public void Beat()
    {
        var now = _time.GetTimestamp();
        var heartbeat = TimeSpan.FromSeconds(_options.HeartbeatSeconds);
        var silence = _time.GetElapsedTime(Math.Max(_stream.LastHeard, Volatile.Read(ref _lastProgress)), now);
        var isDead = silence >= 2 * heartbeat
            && (!Volatile.Read(ref _isWriting) || silence >= TimeSpan.FromSeconds(_options.StallSeconds) || _stream.IsPeerGone(2 * heartbeat));
        if (isDead)
        {
            End(CloseCode.NoPong, $"nothing was heard for {silence.TotalSeconds:0} s");
        }
        else if (_time.GetElapsedTime(_stream.LastHeard, now) >= heartbeat && (_lastPing == 0 || _time.GetElapsedTime(_lastPing, now) >= heartbeat))
        {
            _lastPing = now;
            Outbox.Frame(WebSocketFrames.Ping);
        }
    }

    private async Task ReadAsync(Action<Connection, Exception> failed)
    {
        while (true)
        {
            // A zero-byte read waits for data without holding a buffer: idle connections cost none. The stream below knows when to give up.
            var part = await _socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            var buffer = ArrayPool<byte>.Shared.Rent(4096);
            try
            {
                var length = 0;
                while (!part.EndOfMessage)
                {
                    if (length == buffer.Length)
                    {
                        Grow(ref buffer, length);
                    }

                    // It returns when what it is given is full, and so is given no more than it takes to know that a frame is too big.
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length, Math.Min(buffer.Length, _frameBytes + 1) - length), CancellationToken.None);
                    length += part.Count;
                    if (length > _frameBytes)
                    {
                        End(CloseCode.FrameTooBig, $"a frame may have {_frameBytes} bytes");
                        await DrainAsync(buffer);
                        return;
                    }
                }

                if (part.MessageType == WebSocketMessageType.Close)
                {
                    // The framework answers the peer's close through the stream, which queues it behind what waits.
                    await _socket.CloseOutputAsync(_socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, null, _cut.Token);
                    return;
                }

                await Outbox.AnswersFitAsync(_cut.Token);
                await HandAsync(failed, buffer.AsMemory(0, length), part.MessageType == WebSocketMessageType.Binary);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Hands a frame up, but where the end has begun.</summary>
    private async ValueTask HandAsync(Action<Connection, Exception> failed, ReadOnlyMemory<byte> frame, bool binary)
    {
        Interlocked.Exchange(ref _handling, 1);
        try
        {
            if (!_ending && !IsSettling)
            {
                await Handler!.ReceiveAsync(frame, binary);
            }
        }
        catch (Exception failure) when (failure is not (OutOfMemoryException or OperationCanceledException))
        {
            failed(this, failure);
        }
        finally
        {
            Interlocked.Exchange(ref _handling, 0);
            if (IsSettling)
            {
                _handled.Set();
            }
        }
    }

    /// <summary>Reads and forgets, until the peer answers the close or its moment is over.</summary>
    private async Task DrainAsync(byte[] buffer)
    {
        while ((await _socket.ReceiveAsync(buffer.AsMemory(), _cut.Token)).MessageType != WebSocketMessageType.Close)
        {
        }
    }

    /// <summary>
    /// The peer vanished or broke RFC 6455. In the second case the framework left a close frame that is still to be read: the socket stays
    /// until the peer closes it or its moment is over, for one that is let go with bytes under way is reset.
    /// </summary>
    private async Task PartAsync()
    {
        Outbox.Complete();
        _cut.CancelAfter(TimeSpan.FromSeconds(_options.CloseSeconds));
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            while (await _stream.ReadAsync(buffer, _cut.Token) > 0)
            {
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Now it is gone.
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

    private void Due() => _lane.Add(this);

    /// <summary>
    /// Writes what waits, on the caller's thread for as long as the transport takes it at once. The lane calls this when the outbox is due, so
    /// there is one at a time.
    /// </summary>
    public void Write() => _ = WriteAsync();

    private async Task WriteAsync()
    {
        Exception? failure = null;
        try
        {
            while (!_closed && await TryWriteAsync())
            {
            }

            if (!_closed && !Outbox.IsOver)
            {
                return;
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The peer vanished, or this side gave up.
        }
        catch (Exception bug)
        {
            // Whoever runs the connection throws it.
            failure = bug;
        }

        if (Interlocked.Exchange(ref _writerIsOver, true))
        {
            // The outbox was completed just when it was found empty: both find that it is over.
            return;
        }

        // Whatever ended it: no connection lives on that cannot write. After a close frame the peer has its moment.
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

    /// <summary>Writes what waits, about as much as is written at a time. False where nothing waits.</summary>
    private async ValueTask<bool> TryWriteAsync()
    {
        // The thread's own, for nothing else happens on it until the write is done or has to be waited for.
        var gathered = t_gathered ?? new();
        t_gathered = null;
        if (!gathered.TryGather(Outbox, _options.WriteBytes))
        {
            t_gathered = gathered;
            return false;
        }

        _closed = gathered.IsClose;
        await WriteAsync(gathered.Joined);
        await WriteAsync(gathered.Large);
        gathered.Clear();
        t_gathered = gathered;
        return true;
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        for (var rest = bytes.IsEmpty ? bytes : _stream.WriteAtOnce(bytes); !rest.IsEmpty; rest = rest[Math.Min(PieceBytes, rest.Length)..])
        {
            await WritePieceAsync(rest[..Math.Min(PieceBytes, rest.Length)]);
        }
    }

    private ValueTask WritePieceAsync(ReadOnlyMemory<byte> piece)
    {
        // What the buffers below take at once, a ping to a dead peer too, proves nothing.
        var writing = _stream.WriteToWireAsync(piece, _cut.Token);
        return writing.IsCompleted ? writing : ProgressAsync(writing);
    }

    private async ValueTask ProgressAsync(ValueTask writing)
    {
        Volatile.Write(ref _isWriting, true);
        await writing;

        // They were full, and the peer made room. In this order: the heart may look in between.
        Volatile.Write(ref _lastProgress, _time.GetTimestamp());
        Volatile.Write(ref _isWriting, false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            // The heart, the drain and timers may still hold on to this connection for a moment.
            _ending = true;
        }

        _cut.Dispose();
        _socket.Dispose();
    }
}
