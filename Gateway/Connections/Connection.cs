using System.Diagnostics;
using System.Net.WebSockets;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// One WebSocket connection, from its first frame to its close. This class knows bytes, limits and heartbeats, but no
/// rooms or sessions.
/// <para>Life of a connection:</para>
/// <code>
///   open ──EndWhenAnsweredAsync──► waiting for answers ──all answered──► ending ──Dispose──► closed
///     └─────────────────────────────────End─────────────────────────────►─┘
/// </code>
/// The state never goes back (<see cref="State"/>). In every state, a failure of the socket ends
/// <see cref="RunAsync"/>, and <see cref="Dispose"/> changes the state to closed.
/// </summary>
internal sealed partial class Connection : IDisposable
{
    private readonly WebSocket _socket;
    private readonly DirectSocketStream _stream;
    private readonly ConnectionWriter _writer;
    private readonly ConnectionOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _cut = new();
    private readonly Lock _gate = new();
    private Heartbeat _heartbeat;

    /// <summary>
    /// Assigned only by <see cref="TransitionTo"/>, under <see cref="_gate"/>. Read without the lock.
    /// </summary>
    private volatile State _state;

    public Connection(WebSocket socket, DirectSocketStream stream, WriteQueue writeQueue, ConnectionOptions options, int frameBytes, TimeProvider time)
    {
        (_socket, _stream, _options, _frameBytes, _time) = (socket, stream, options, frameBytes, time);
        _inflatable = frameBytes;
        _writer = new(writeQueue, stream, options, time, _cut);
        Commands = new(options.CommandsPerSecond, options.CommandBurst, time);
        _inflated = new(options.BytesPerSecond, options.BytesPerSecond, time);

        // The frames that the framework's WebSocket writes (pongs, close frames) go through the connection send queue.
        stream.DivertTo(SendQueue, new(options.BytesPerSecond, options.BytesPerSecond, time), Commands, _cut.Token);
    }

    /// <summary>
    /// The states of a connection. A connection goes through them in this order, and may skip some.
    /// </summary>
    private enum State
    {
        /// <summary>Frames are handled.</summary>
        Open,

        /// <summary>The connection ends when the received frames are answered. Later frames are dropped.</summary>
        WaitingForAnswers,

        /// <summary>A close frame is queued, and the peer has CloseTimeout to answer it.</summary>
        Ending,

        /// <summary>The connection is disposed.</summary>
        Closed,
    }

    public ConnectionSendQueue SendQueue => _writer.SendQueue;

    /// <summary>Limits the peer's WebSocket pings, and all its commands except sends.</summary>
    public Allowance Commands { get; }

    /// <summary>Handles the frames. Must be set before <see cref="RunAsync"/>.</summary>
    public IFrameHandler? Handler { get; set; }

    /// <summary>True if the connection is ending or closed.</summary>
    public bool IsEnding => _state >= State.Ending;

    /// <summary>
    /// True while the connection waits for the answers to the frames that it received, before it ends. Frames that
    /// arrive during this time are dropped.
    /// </summary>
    public bool IsWaitingForAnswers => _state == State.WaitingForAnswers;

    /// <summary>Cancelled when the socket is closed or has failed, or when this gateway cuts the connection.</summary>
    public CancellationToken Gone => _cut.Token;

    /// <summary>
    /// Runs the connection until the socket is gone.
    /// <list type="number">
    /// <item>Read frames and dispatch them to the handler, one after another (<see cref="ReadAsync"/>).</item>
    /// <item>If the peer violated RFC 6455, keep the socket open until the peer closes it, but at most for
    /// CloseTimeout.</item>
    /// <item>Complete the connection send queue, and give the writer up to CloseTimeout to empty it.</item>
    /// <item>Cut the connection: cancel everything that still uses the socket, and wait for the writer.</item>
    /// </list>
    /// </summary>
    /// <param name="failed">
    /// Called with each exception that the handler throws. The callback must end the connection.
    /// </param>
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
            // The peer vanished, or this gateway cut the connection. There is nothing to do here, because the caller
            // closes the conversation when this method returns.
        }
        finally
        {
            // Step 3: Let the writer empty the queue.
            SendQueue.Complete();
            await Task.WhenAny(_writer.Completion, Task.Delay(_options.CloseTimeout, _time));

            // Step 4: Cut the connection, and wait for the writer. If the writer failed because of a bug, its exception
            // is thrown here.
            await _cut.CancelAsync();
            await _writer.Completion;
        }
    }

    /// <summary>
    /// Ends the connection, and returns at once. The writer still writes the queued answers, then the handler's last
    /// message (<see cref="IFrameHandler.Farewell"/>) and a close frame. The peer has
    /// <see cref="ConnectionOptions.CloseTimeout"/> to answer the close frame. Only the first call has an effect. A
    /// call after the connection is disposed has no effect.
    /// </summary>
    public void End(CloseCode code, string reason) => End(code, reason, null);

    /// <inheritdoc cref="End(CloseCode, string)"/>
    /// <param name="after">
    /// Milliseconds that the client should wait before it reconnects; null if the client decides.
    /// </param>
    public void End(CloseCode code, string reason, int? after)
    {
        if (!TryBeginEnd())
        {
            return;
        }

        SendQueue.DropEvents();
        if (Handler?.Farewell(code, reason, after) is { IsEmpty: false } farewell)
        {
            SendQueue.EnqueueAnswer(farewell);
        }

        SendQueue.EnqueueFrame(WebSocketFrames.Close(code, reason));
    }

    /// <summary>
    /// Ends the connection when the received frames are answered, or when <paramref name="patience"/> is cancelled.
    /// Frames that arrive after the call are dropped. The client does not get answers to these frames, so it sends
    /// their commands again after it has reconnected.
    /// </summary>
    public async Task EndWhenAnsweredAsync(CloseCode code, string reason, int? after, CancellationToken patience)
    {
        StopHandling();
        try
        {
            await WaitUntilHandledAsync(patience);
            await (Handler?.WaitForAnswersAsync(patience) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // Some commands are not answered yet. The client sends them again, with the same ids.
        }
        finally
        {
            End(code, reason, after);
        }
    }

    /// <summary>Pings a silent peer, and ends the connection of a dead peer (<see cref="Heartbeat"/>).</summary>
    public void CheckHeartbeat()
    {
        switch (_heartbeat.Check(_stream, _writer, _options, _time, out var silence))
        {
            case Heartbeat.Verdict.Ping:
                SendQueue.EnqueueFrame(WebSocketFrames.Ping);
                break;
            case Heartbeat.Verdict.Dead:
                End(CloseCode.NoPong, $"nothing was received for {silence.TotalSeconds:0} s");
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _cut.Dispose();
        _socket.Dispose();
    }

    private void StopHandling()
    {
        lock (_gate)
        {
            // Open - handle no further frame.
            // Waiting for answers, ending or closed - frames are dropped already.
            if (_state == State.Open)
            {
                TransitionTo(State.WaitingForAnswers);
            }
        }
    }

    /// <summary>
    /// Changes the state to ending. From now on, the peer has CloseTimeout to answer the close frame. Returns false if
    /// the connection is already ending or closed.
    /// </summary>
    private bool TryBeginEnd()
    {
        lock (_gate)
        {
            // Open or waiting for answers - change to ending.
            // Ending - do nothing: only the first call has an effect.
            // Closed - do nothing: heartbeats, the drain and timers may call this method after _cut is disposed.
            if (_state >= State.Ending)
            {
                return false;
            }

            TransitionTo(State.Ending);
            _cut.CancelAfter(_options.CloseTimeout);
            return true;
        }
    }

    private void Close()
    {
        lock (_gate)
        {
            // Open, waiting for answers or ending - close. Heartbeats, the drain and timers may still hold a reference
            // to this connection for a moment. From now on, their calls to End do nothing.
            // Closed - do nothing: disposing twice is allowed.
            if (_state != State.Closed)
            {
                TransitionTo(State.Closed);
            }
        }
    }

    private void TransitionTo(State next)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The connection's lock guards its state.");
        Debug.Assert(next > _state, "The state never goes back.");

        // DispatchAsync relies on this full memory fence: this thread reads nothing more until the new state is visible
        // to other threads.
        Interlocked.Exchange(ref _state, next);
    }
}
