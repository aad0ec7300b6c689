using System.Diagnostics;

namespace OrleansChat.Load.Scenarios;

/// <summary>
/// One connection in one room. It reads when its socket is ready, and checks that it receives every message of each
/// sender, in order.
/// </summary>
/// <param name="senders">The number of senders in the room.</param>
internal sealed class Member(FrameSocket socket, Room room, int senders) : IDisposable
{
    private readonly long[] _last = new long[senders];

    public FrameSocket Socket => socket;

    public Room Room => room;

    /// <summary>The number of messages received.</summary>
    public long Deliveries { get; private set; }

    /// <summary>
    /// The number of received messages that were not the next message of their sender, or not complete.
    /// </summary>
    public long Faults { get; private set; }

    /// <summary>
    /// A hash of the received messages and their order: equal for two members that received the same messages in the
    /// same order.
    /// </summary>
    public ulong Order { get; private set; }

    /// <summary>The number of frames that contained messages.</summary>
    public long Frames { get; private set; }

    /// <summary>
    /// Reads once, without waiting. For messages that were due from <paramref name="measureFrom"/> on, records the
    /// latency: the time since the message was due.
    /// </summary>
    /// <param name="shared">Memory for this read. Other members may use it after the call.</param>
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
