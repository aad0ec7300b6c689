namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// Tracks the gap in a feed: the sequences that are known to exist and have not been delivered. Guarded by the feed's
/// lock.
/// <code>
///   Complete ──a later sequence is known──► Waiting ──the wait is over──► Reading
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
    /// The last sequence of the gap that is being read. Sequences missing after it are another gap, with a wait of its
    /// own.
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
    /// The newest sequence that is known to exist. It is greater than the position while there is a gap.
    /// </summary>
    public long Target { get; private set; }

    /// <summary>How long the missing events may still arrive from the stream; zero or less if not.</summary>
    public TimeSpan Wait => _state == GapState.Waiting ? _hold - time.GetElapsedTime(_detectedAt) : TimeSpan.Zero;

    /// <summary>The room has events up to a sequence.</summary>
    public void Expect(long seq) => Target = Math.Max(Target, seq);

    /// <summary>
    /// Detects whether a gap began or was closed. Called after the position or the target moved.
    /// </summary>
    /// <param name="hold">
    /// How long a gap that begins now may close by itself. An existing gap waits no longer than this either.
    /// </param>
    /// <returns>True if events are missing.</returns>
    public bool Update(long position, TimeSpan hold)
    {
        // Waiting, Reading - closed if the position has reached the target.
        // Reading - also closed at the end of what is being read. Another gap may follow.
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
        // Waiting - it may have to wait less now.
        // Reading - it goes on.
        if (_state == GapState.Complete)
        {
            instruments.Gap();
            (_state, _detectedAt, _hold) = (GapState.Waiting, time.GetTimestamp(), hold);
        }

        _hold = hold < _hold ? hold : _hold;
        return true;
    }

    /// <summary>The missing events are read now. A gap that is being read already keeps its end.</summary>
    public void BeginRead()
    {
        if (_state == GapState.Waiting)
        {
            (_state, _end) = (GapState.Reading, Target);
        }
    }
}
