namespace OrleansChat.Load;

/// <summary>
/// A member of one room that reads and checks: each event has to be the next of the room, and its text the message of that number. What
/// is lost, doubled, out of order or another text is a fault.
/// </summary>
internal sealed class RoomReader : IDisposable
{
    private RoomReader(FrameSocket socket) => Socket = socket;

    /// <summary>Its connection.</summary>
    public FrameSocket Socket { get; }

    /// <summary>The last sequence that came.</summary>
    public long Last { get; private set; }

    /// <summary>Events that were not the next one.</summary>
    public long Faults { get; private set; }

    /// <summary>Messages of its own that were answered by <c>ok</c> with their own number.</summary>
    public long Answered { get; private set; }

    /// <summary>Connects and joins a room that is empty.</summary>
    public static async Task<RoomReader> JoinAsync(int port, string user, string room, CancellationToken cancellationToken)
    {
        var reader = new RoomReader(await FrameSocket.ConnectAsync(port, user, receiveBytes: null, cancellationToken));
        await Conversation.JoinAsync(reader.Socket, room, cancellationToken);
        return reader;
    }

    /// <summary>Takes what is there. Latencies of messages that were due after <paramref name="measureFrom"/> are counted.</summary>
    public void Sweep(Func<long> now, long measureFrom, Latencies latencies)
    {
        while (Socket.TryRead())
        {
            var received = now();
            while (Socket.TryTake(out var frame))
            {
                Take(frame, received, measureFrom, latencies);
            }
        }
    }

    private void Take(ReadOnlySpan<byte> frame, long received, long measureFrom, Latencies latencies)
    {
        while (Line.TryTake(ref frame, out var line))
        {
            if (Line.Is(line, "ev"u8))
            {
                var seq = Line.Number(line, "\"seq\":"u8);
                if (!LoadText.TryRead(Line.Text(line), out var number, out var due) || number != seq || seq != Last + 1)
                {
                    Faults++;
                }

                Last = seq;
                if (due >= measureFrom)
                {
                    latencies.Add(TimeSpan.FromSeconds((received - due) / (double)System.Diagnostics.Stopwatch.Frequency));
                }
            }
            else if (Line.Is(line, "ok"u8))
            {
                Answered++;
            }
            else if (Line.Is(line, "err"u8) || Line.Is(line, "gap"u8))
            {
                Faults++;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();
}
