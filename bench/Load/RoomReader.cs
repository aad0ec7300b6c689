using System.Diagnostics;

namespace OrleansChat.Load;

/// <summary>A member of one room that reads and checks when it is swept over, and can send.</summary>
internal sealed class RoomReader : IDisposable
{
    private readonly EventCheck _check = new();

    private RoomReader(FrameSocket socket) => Socket = socket;

    /// <summary>Its connection.</summary>
    public FrameSocket Socket { get; }

    /// <summary>The last sequence that came.</summary>
    public long Last => _check.Last;

    /// <summary>Deliveries that were wrong.</summary>
    public long Faults => _check.Faults;

    /// <summary>Connects and joins a room that is empty.</summary>
    public static async Task<RoomReader> JoinAsync(int port, string user, string room, CancellationToken cancellationToken)
    {
        var reader = new RoomReader(await FrameSocket.ConnectAsync(port, user, receiveBytes: null, cancellationToken));
        await Conversation.JoinAsync(reader.Socket, room, cancellationToken);
        return reader;
    }

    /// <summary>Takes what is there, without waiting. Latencies of messages that were due from <paramref name="measureFrom"/> on are counted.</summary>
    public void Sweep(long measureFrom, Latencies latencies)
    {
        while (Socket.TryRead())
        {
            var now = Stopwatch.GetTimestamp();
            while (Socket.TryTake(out var frame))
            {
                while (Line.TryTake(ref frame, out var line))
                {
                    if (_check.Take(line, out var due) && due >= measureFrom)
                    {
                        latencies.Add(Stopwatch.GetElapsedTime(due, now));
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();
}
