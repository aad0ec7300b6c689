using System.Diagnostics;

namespace OrleansChat.Load;

/// <summary>A member of one room. It reads and checks its deliveries in <see cref="Sweep"/>, and can send.</summary>
internal sealed class RoomReader : IDisposable
{
    private readonly EventCheck _check = new();

    private RoomReader(FrameSocket socket) => Socket = socket;

    public FrameSocket Socket { get; }

    /// <summary>The last sequence that was received.</summary>
    public long Last => _check.Last;

    /// <inheritdoc cref="EventCheck.Faults"/>
    public long Faults => _check.Faults;

    /// <summary>Connects and joins a room that has no messages yet.</summary>
    public static async Task<RoomReader> JoinAsync(int port, string user, string room, CancellationToken cancellationToken)
    {
        var reader = new RoomReader(await FrameSocket.ConnectAsync(port, user, receiveBytes: null, cancellationToken));
        await Conversation.JoinAsync(reader.Socket, room, cancellationToken);
        return reader;
    }

    /// <summary>
    /// Reads everything that has arrived, without waiting. Each message contains the time at which it was due to be
    /// sent. If this time is <paramref name="measureFrom"/> or later, this method records the latency: the time from
    /// the due time until the message was read.
    /// </summary>
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
