using OrleansChat.ChatCheck.Clients;

namespace OrleansChat.ChatCheck.Reporting;

/// <summary>Counts and times of a run. Any number of threads may add to them.</summary>
internal sealed class Figures(Disturbances disturbances)
{
    private long _acked;
    private long _retried;
    private long _events;
    private long _connections;
    private long _resumes;
    private long _gaps;
    private long _reads;
    private long _lists;
    private long _readerSilence;
    private long _writerSilence;

    public long Acked => Volatile.Read(ref _acked);

    /// <summary>Acked sends that took more than one attempt.</summary>
    public long Retried => Volatile.Read(ref _retried);

    /// <summary>Live deliveries. A delivery is live if the client was in the room before the event was sent.</summary>
    public long Events => Volatile.Read(ref _events);

    public long Connections => Volatile.Read(ref _connections);

    /// <summary>How often a client asked to resume a room with a cursor.</summary>
    public long Resumes => Volatile.Read(ref _resumes);

    public long Gaps => Volatile.Read(ref _gaps);

    /// <summary>Answers to <c>history</c> and <c>who</c>.</summary>
    public long Reads => Volatile.Read(ref _reads);

    /// <summary>Answers to <c>conversations</c>.</summary>
    public long Lists => Volatile.Read(ref _lists);

    /// <summary>The longest time between two consecutive events at one reader, in microseconds.</summary>
    public long ReaderSilence => Volatile.Read(ref _readerSilence);

    /// <summary>The longest time between two consecutive oks at one writer of busy rooms, in microseconds.</summary>
    public long WriterSilence => Volatile.Read(ref _writerSilence);

    /// <summary>Times from the first attempt of a send to its ok.</summary>
    public Histogram Ack { get; } = new();

    /// <summary>
    /// Like <see cref="Ack"/>, but counts a send only if there was no disturbance (see <see cref="Disturbances"/>)
    /// between 5 s before its first attempt and its ok.
    /// </summary>
    public Histogram CalmAck { get; } = new();

    /// <summary>Times from the first attempt of a send to its live delivery.</summary>
    public Histogram Delivery { get; } = new();

    /// <summary>
    /// Like <see cref="Delivery"/>, but counts a delivery only if there was no disturbance (see
    /// <see cref="Disturbances"/>) between 5 s before the first attempt and the delivery.
    /// </summary>
    public Histogram CalmDelivery { get; } = new();

    public void WasAcked(long invokedAt, long answeredAt, int attempts)
    {
        Interlocked.Increment(ref _acked);
        if (attempts > 1)
        {
            Interlocked.Increment(ref _retried);
        }

        Add(Ack, CalmAck, invokedAt, answeredAt);
    }

    public void Came(long invokedAt, long now)
    {
        Interlocked.Increment(ref _events);
        Add(Delivery, CalmDelivery, invokedAt, now);
    }

    public void Connected() => Interlocked.Increment(ref _connections);

    public void Resumed() => Interlocked.Increment(ref _resumes);

    public void Gap() => Interlocked.Increment(ref _gaps);

    public void Read() => Interlocked.Increment(ref _reads);

    public void Listed() => Interlocked.Increment(ref _lists);

    public void ReaderWasSilent(long microseconds) => Raise(ref _readerSilence, microseconds);

    public void WriterWasSilent(long microseconds) => Raise(ref _writerSilence, microseconds);

    private void Add(Histogram all, Histogram calm, long from, long to)
    {
        all.Add(to - from);
        if (disturbances.CalmSince(from))
        {
            calm.Add(to - from);
        }
    }

    private static void Raise(ref long most, long value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
