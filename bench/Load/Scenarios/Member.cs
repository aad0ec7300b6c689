using System.Diagnostics;

namespace OrleansChat.Load.Scenarios;

/// <summary>One connection in one room, which reads when it is swept over, and checks: of each sender it has to get every number, in order.</summary>
/// <param name="senders">How many send in the room.</param>
internal sealed class Member(FrameSocket socket, int senders) : IDisposable
{
    private readonly long[] _last = new long[senders];

    /// <summary>Its connection.</summary>
    public FrameSocket Socket => socket;

    /// <summary>Messages that came.</summary>
    public long Deliveries { get; private set; }

    /// <summary>Those that were not the next of their sender, or not whole.</summary>
    public long Faults { get; private set; }

    /// <summary>What came in which order, as one number: equal for two members who saw the same.</summary>
    public ulong Order { get; private set; }

    /// <summary>Frames that they came in.</summary>
    public long Frames { get; private set; }

    /// <summary>The last number that came of a sender.</summary>
    public long Last(int sender) => _last[sender];

    /// <summary>Takes what is there, without waiting. Latencies of messages due from <paramref name="measureFrom"/> on are counted.</summary>
    /// <returns>False where nothing was there.</returns>
    public bool Sweep(long measureFrom, Latencies latencies)
    {
        var any = false;
        while (socket.TryRead())
        {
            any = true;
            var now = Stopwatch.GetTimestamp();
            while (socket.TryTake(out var payload))
            {
                Take(payload, now, measureFrom, latencies);
            }
        }

        return any;
    }

    private void Take(ReadOnlySpan<byte> payload, long now, long measureFrom, Latencies latencies)
    {
        var earlier = Deliveries;
        while (Marker.TryTake(ref payload, out var sender, out var number, out var due, out var whole))
        {
            Deliveries++;
            Order = unchecked((Order * 0x9E3779B97F4A7C15) + ((ulong)sender << 48) + (ulong)number);
            if (!whole || sender >= _last.Length || number != _last[sender] + 1)
            {
                Faults++;
                continue;
            }

            _last[sender] = number;
            if (due >= measureFrom)
            {
                latencies.Add(Stopwatch.GetElapsedTime(due, now));
            }
        }

        Frames += Deliveries > earlier ? 1 : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
