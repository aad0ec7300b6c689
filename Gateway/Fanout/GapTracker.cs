namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// Tracks the gap in a feed: the sequences that are known to exist and have not been delivered. Guarded by the feed's
/// lock.
/// <code>
///   Complete ──a later sequence is known──► Waiting ──the wait expires──► Reading
///      ▲                                       │                            │
///      └────────────missing events arrive──────┴────────────────────────────┘
/// </code>
/// </summary>
internal sealed class GapTracker(FanoutInstruments instruments, TimeProvider time)
{
    private GapState _state = GapState.Complete;

    /// <summary>Timestamp at which the gap was detected.</summary>
    private long _detectedAt;

    /// <summary>How long to wait for the missing events before reading the log.</summary>
    private TimeSpan _hold;

    /// <summary>
    /// The last sequence of the gap that is being read. If later sequences are missing too, they are another gap with a
    /// separate wait.
    /// </summary>
    private long _end;

    private enum GapState
    {
        /// <summary>No event is missing.</summary>
        Complete,

        /// <summary>Events are missing. They may still arrive from the stream.</summary>
        Waiting,

        /// <summary>Events are missing, and are read from the message log.</summary>
        Reading,
    }

    /// <summary>
    /// The newest sequence that is known to exist. While there is a gap, this sequence is greater than the feed's
    /// position.
    /// </summary>
    public long Target { get; private set; }

    /// <summary>
    /// How much longer to wait for the missing events from the stream; zero or less if the wait has ended.
    /// </summary>
    public TimeSpan Wait => _state == GapState.Waiting ? _hold - time.GetElapsedTime(_detectedAt) : TimeSpan.Zero;

    /// <summary>Records that the room has events up to a sequence.</summary>
    public void Expect(long seq) => Target = Math.Max(Target, seq);

    /// <summary>
    /// Detects whether a gap began or was closed. Called after the position or the target moved.
    /// </summary>
    /// <param name="hold">
    /// How long to wait for the missing events from the stream, counted from the detection of the gap. If the gap
    /// already has a shorter wait, the shorter wait stays.
    /// </param>
    /// <returns>True if events are missing.</returns>
    public bool Update(long position, TimeSpan hold)
    {
        // Waiting or Reading - the gap is closed if the position has reached the target.
        // Reading - the gap is also closed if the position has reached the gap's end. Another gap may follow.
        if (_state != GapState.Complete && (position >= Target || (_state == GapState.Reading && position >= _end)))
        {
            instruments.Closed(time.GetElapsedTime(_detectedAt));
            _state = GapState.Complete;
        }

        if (position >= Target)
        {
            return false;
        }

        // Complete - a gap begins.
        // Waiting - the shorter of two waits counts: the gap's own and the given one.
        // Reading - the read continues.
        if (_state == GapState.Complete)
        {
            instruments.Gap();
            (_state, _detectedAt, _hold) = (GapState.Waiting, time.GetTimestamp(), hold);
        }

        _hold = hold < _hold ? hold : _hold;
        return true;
    }

    /// <summary>
    /// Records that the feed now reads the missing events. If the feed is already reading a gap, the gap's end does not
    /// change.
    /// </summary>
    public void BeginRead()
    {
        if (_state == GapState.Waiting)
        {
            (_state, _end) = (GapState.Reading, Target);
        }
    }
}
