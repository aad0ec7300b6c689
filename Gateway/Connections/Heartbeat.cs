namespace OrleansChat.Gateway.Connections;

/// <summary>
/// Decides when the peer of a connection is pinged, and when it counts as dead. Received bytes of any kind are a sign
/// of life. The progress of a waiting write is a sign of life too, because a slow reader answers a ping only after it
/// has read everything before the ping. Progress may be rare, because the reader's TCP window opens in large steps.
/// <para>Not thread-safe: one caller checks all heartbeats. A struct, so that it adds no object to a connection.</para>
/// </summary>
internal struct Heartbeat
{
    /// <summary>Timestamp of the last ping; 0 before the first.</summary>
    private long _lastPing;

    internal enum Verdict
    {
        /// <summary>The caller has nothing to do.</summary>
        Alive,

        /// <summary>The peer must be pinged.</summary>
        Ping,

        /// <summary>The peer is dead, and its connection must end.</summary>
        Dead,
    }

    /// <summary>
    /// Checks for signs of life. If the result is <see cref="Verdict.Ping"/>, the caller must send a ping.
    /// </summary>
    /// <param name="silence">The time since the last sign of life.</param>
    public Verdict Check(DirectSocketStream stream, ConnectionWriter writer, ConnectionOptions options, TimeProvider time, out TimeSpan silence)
    {
        var now = time.GetTimestamp();
        var heartbeat = options.Heartbeat;

        // Read IsWaiting before LastProgress. When a write ends, the writer stores LastProgress and then clears
        // IsWaiting. So this method sees that the write waits, or sees the new progress, or both.
        var isWaiting = writer.IsWaiting;
        silence = time.GetElapsedTime(Math.Max(stream.LastReceived, writer.LastProgress), now);

        // No sign of life for twice options.Heartbeat, and
        //   no write waits for the peer - the peer should have answered a ping, so it is dead.
        //   a write waits for the peer - the peer is dead only if its machine acknowledges nothing, or after
        //   StallTimeout.
        if (silence >= 2 * heartbeat
            && (!isWaiting || silence >= options.StallTimeout || stream.IsPeerUnreachable(2 * heartbeat)))
        {
            return Verdict.Dead;
        }

        // Nothing received for options.Heartbeat - ping, at most once per options.Heartbeat.
        if (time.GetElapsedTime(stream.LastReceived, now) >= heartbeat && (_lastPing == 0 || time.GetElapsedTime(_lastPing, now) >= heartbeat))
        {
            _lastPing = now;
            return Verdict.Ping;
        }

        return Verdict.Alive;
    }
}
