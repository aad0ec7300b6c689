using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansChat.Load;

/// <summary>
/// A member of one room. When its gateway dies, the member reconnects to another gateway as docs/protocol.md requires
/// of clients: it waits for a random time, then sends <c>hello</c> with its cursor. Everything that the member receives
/// is checked, across both connections.
/// </summary>
internal sealed class StormMember(string user, string room)
{
    private const int MaxAttempts = 8;
    private const int ReadBytes = 64 * 1024;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);
    private readonly EventCheck _check = new();
    private FrameSocket? _socket;
    private string? _epoch;
    private string? _end;

    /// <inheritdoc cref="EventCheck.Faults"/>
    public long Faults => _check.Faults;

    /// <summary>The last sequence that was received.</summary>
    public long Last => _check.Last;

    /// <summary>The timestamp at which the member noticed that its connection had ended; 0 before that.</summary>
    public long Lost { get; private set; }

    /// <summary>
    /// The timestamp at which the member, after it had reconnected, had received every event up to the head that
    /// <c>joined</c> named; 0 before that.
    /// </summary>
    public long CaughtUp { get; private set; }

    /// <summary>The number of attempts to reconnect.</summary>
    public int Attempts { get; private set; }

    /// <summary>Connects and joins a room that has no messages yet.</summary>
    public async Task JoinAsync(int port, CancellationToken cancellationToken)
    {
        _socket = await FrameSocket.ConnectAsync(port, user, receiveBytes: null, cancellationToken);
        using var joined = JsonDocument.Parse(await Conversation.JoinAsync(_socket, room, cancellationToken));
        _epoch = joined.RootElement.GetProperty("epoch").GetString();
    }

    /// <summary>
    /// Reads until the gateway dies, reconnects to the other gateway, and reads until cancelled. Throws if the member
    /// cannot reconnect in 8 attempts, or loses the second connection.
    /// </summary>
    public async Task RunAsync(int otherPort, CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(cancellationToken);
            Lost = Stopwatch.GetTimestamp();
            for (var wait = FirstWait; CaughtUp == 0; wait = wait * 2 < MaxWait ? wait * 2 : MaxWait)
            {
                if (++Attempts > MaxAttempts)
                {
                    throw new InvalidOperationException($"{user} could not reconnect: the run is invalid.");
                }

                await Task.Delay(FirstWait + ((wait * 2 - FirstWait) * Random.Shared.NextDouble()), cancellationToken);
                await ReturnAsync(otherPort, cancellationToken);
            }

            throw new InvalidOperationException($"{user} reconnected, received events up to sequence {Last}, and then lost its connection again ({_end}): the run is invalid.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run is over.
        }
        finally
        {
            _socket?.Dispose();
        }
    }

    /// <summary>
    /// Makes one attempt to reconnect. Returns when the attempt has failed, or when the new connection has ended.
    /// </summary>
    private async Task ReturnAsync(int port, CancellationToken cancellationToken)
    {
        _socket!.Dispose();
        try
        {
            _socket = await FrameSocket.ConnectAsync(port, user, receiveBytes: null, cancellationToken);
            await _socket.SendAsync($$$$"""{"t":"hello","rooms":{"{{{{room}}}}":{"seq":{{{{Last}}}},"epoch":"{{{{_epoch}}}}"}}}""", cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return;
        }

        await ReadAsync(cancellationToken);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var head = -1L;
        try
        {
            while (true)
            {
                await _socket!.ReadAsync(ReadBytes, cancellationToken);
                while (_socket.TryTake(out var frame))
                {
                    Take(frame, ref head);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            _end = exception.Message;
        }
    }

    private void Take(ReadOnlySpan<byte> frame, ref long head)
    {
        while (Line.TryTake(ref frame, out var line))
        {
            if (!_check.Take(line, out _) && Line.Is(line, "joined"u8))
            {
                head = Line.Number(line, "\"seq\":"u8);
            }

            if (head >= 0 && CaughtUp == 0 && Last >= head)
            {
                CaughtUp = Stopwatch.GetTimestamp();
            }
        }
    }
}
