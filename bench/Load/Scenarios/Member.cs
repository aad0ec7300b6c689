using System.Diagnostics;

namespace OrleansChat.Load.Scenarios;

/// <summary>One connection in one room, which reads when something is there, and checks: of each sender it has to get every number, in order.</summary>
/// <param name="senders">How many send in the room.</param>
internal sealed class Member(FrameSocket socket, Room room, int senders) : IDisposable
{
    private readonly long[] _last = new long[senders];

    /// <summary>Its connection.</summary>
    public FrameSocket Socket => socket;

    /// <summary>Where it is.</summary>
    public Room Room => room;

    /// <summary>Messages that came.</summary>
    public long Deliveries { get; private set; }

    /// <summary>Those that were not the next of their sender, or not whole.</summary>
    public long Faults { get; private set; }

    /// <summary>What came in which order, as one number: equal for two members who saw the same.</summary>
    public ulong Order { get; private set; }

    /// <summary>Frames that they came in.</summary>
    public long Frames { get; private set; }

    /// <summary>Takes what is there, without waiting. Latencies of messages due from <paramref name="measureFrom"/> on are counted.</summary>
    /// <param name="shared">Room to read to, which is free again afterwards.</param>
    public void Read(byte[] shared, long measureFrom, Latencies latencies)
    {
        socket.Borrow(shared);
        if (socket.TryRead())
        {
            var now = Stopwatch.GetTimestamp();
            while (socket.TryTake(out var payload))
            {
                Take(payload, now, measureFrom, latencies);
            }
        }

        socket.Return();
    }

    private void Take(ReadOnlySpan<byte> payload, long now, long measureFrom, Latencies latencies)
    {
        var (deliveries, order) = (0, Order);
        while (Marker.TryTake(ref payload, out var sender, out var number, out var due, out var whole))
        {
            deliveries++;
            order = unchecked((order * 0x9E3779B97F4A7C15) + ((ulong)sender << 48) + (ulong)number);
            if (!whole || (uint)sender >= (uint)_last.Length || number != _last[sender] + 1)
            {
                Faults++;
                continue;
            }

            _last[sender] = number;
            room.Arrived(sender, number);
            if (due >= measureFrom)
            {
                latencies.Add(Stopwatch.GetElapsedTime(due, now));
            }
        }

        (Order, Deliveries, Frames) = (order, Deliveries + deliveries, Frames + (deliveries > 0 ? 1 : 0));
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
