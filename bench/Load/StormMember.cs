using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansChat.Load;

/// <summary>
/// A member of one room that comes back to another gateway when its own dies, as docs/protocol.md has clients do: a random wait, then hello
/// with its cursor. Everything it gets is checked, across the two connections.
/// </summary>
internal sealed class StormMember(string user, string room)
{
    private const int MostAttempts = 8;
    private const int ReadBytes = 64 * 1024;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private readonly EventCheck _check = new();
    private FrameSocket? _socket;
    private string? _epoch;
    private string? _end;

    /// <summary>Deliveries that were wrong.</summary>
    public long Faults => _check.Faults;

    /// <summary>The last sequence that came.</summary>
    public long Last => _check.Last;

    /// <summary>When it noticed that its gateway is dead; 0 before.</summary>
    public long Lost { get; private set; }

    /// <summary>When it was back and had everything up to the head that the room told it then; 0 before.</summary>
    public long CaughtUp { get; private set; }

    /// <summary>How often it had to try until it was back.</summary>
    public int Attempts { get; private set; }

    /// <summary>Connects and joins a room that is empty.</summary>
    public async Task JoinAsync(int port, CancellationToken cancellationToken)
    {
        _socket = await FrameSocket.ConnectAsync(port, user, receiveBytes: null, cancellationToken);
        using var joined = JsonDocument.Parse(await Conversation.JoinAsync(_socket, room, cancellationToken));
        _epoch = joined.RootElement.GetProperty("epoch").GetString();
    }

    /// <summary>Reads until its gateway dies, comes back to the other one, and reads on until cancelled. Throws where it cannot come back.</summary>
    public async Task RunAsync(int otherPort, CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(cancellationToken);
            Lost = Stopwatch.GetTimestamp();
            for (var wait = FirstWait; CaughtUp == 0; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
            {
                if (++Attempts > MostAttempts)
                {
                    throw new InvalidOperationException($"{user} did not come back: the run is void.");
                }

                await Task.Delay(FirstWait + ((wait * 2 - FirstWait) * Random.Shared.NextDouble()), cancellationToken);
                await ReturnAsync(otherPort, cancellationToken);
            }

            throw new InvalidOperationException($"{user} was cut at {Last} after it had come back ({_end}): the run is void.");
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

    /// <summary>One attempt: returns when that connection is gone, too.</summary>
    private async Task ReturnAsync(int port, CancellationToken cancellationToken)
    {
        _socket!.Dispose();
        try
        {
            _socket = await FrameSocket.ConnectAsync(port, user, receiveBytes: null, cancellationToken);
            await _socket.SendAsync($$$$"""{"t":"hello","rooms":{"{{{{room}}}}":{"seq":{{{{Last}}}},"epoch":"{{{{_epoch}}}}"}}}""", cancellationToken);
        }
        catch (Exception gone) when (gone is IOException or SocketException)
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
        catch (Exception gone) when (gone is IOException or SocketException)
        {
            _end = gone.Message;
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
