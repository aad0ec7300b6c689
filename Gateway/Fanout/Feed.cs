using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The fan-out of one room within this gateway. It checks sequences, repairs gaps from the message log, encodes each
/// run of events once, and delivers the same bytes to all live subscriptions in the same order. The gateway stream may
/// lose events; the message log has them all.
/// </summary>
/// <remarks>
/// <code>
///   events from the gateway stream:   seq ≤ position       duplicate: drop
///                                     seq = position + 1   deliver it, and the buffered events that follow
///                                     seq > position + 1   a gap: buffer the event
///   a head from elsewhere:            seq > position       a gap
///
///   complete ──a sequence after position + 1 is known──► gap ──missing events arrive within GapWaitMs──► complete
///                                                         └──otherwise: read them, once for all──────►─┘
/// </code>
/// So events that were only reordered cost no read, and buffered events are not read again. A gap that the head poller
/// finds is repaired at once, because the stream had a whole poll interval to deliver the events.
/// <see cref="DeliverAsync"/> lists the steps of a delivery, <see cref="RepairGapAsync"/> those of a repair.
/// </remarks>
/// <param name="readLog">
/// Reads the room's events after a sequence from the message log, up to a number of events.
/// </param>
/// <param name="ended">
/// Called with the subscriptions that ended because a membership ended. Runs under the feed's lock: it must not call
/// back.
/// </param>
internal sealed partial class Feed(
    string room, Func<long, int, Task<RoomEvent[]>> readLog, Action<IReadOnlyList<Subscription>> ended, FanoutOptions options,
    FanoutInstruments instruments, TimeProvider time)
{
    /// <summary>
    /// Characters of text after which a run ends, so that a frame is small compared to a connection send queue.
    /// </summary>
    private const int RunLength = 16 * 1024;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private readonly Lock _gate = new();
    private readonly SubscriptionList _subscriptions = new();
    private readonly Dictionary<long, Task<IReadOnlyList<EncodedEvent>>> _reads = [];

    /// <summary>
    /// Events that arrived out of order, by sequence: at most <see cref="FanoutOptions.OutOfOrderEvents"/>, all after the
    /// position.
    /// </summary>
    private readonly Dictionary<long, RoomEvent> _outOfOrder = [];

    /// <summary>The last delivered sequence; null until the room has answered the first enter.</summary>
    private long? _position;

    /// <summary>
    /// The newest sequence that is known to exist. It is greater than the position while there is a gap.
    /// </summary>
    private long _target;

    /// <summary>Timestamp at which the gap was detected; null if there is none.</summary>
    private long? _gapDetectedAt;

    /// <summary>How long to wait for the missing events of the gap before reading the log.</summary>
    private TimeSpan _hold;

    /// <summary>
    /// The last sequence of the gap that is being read; 0 before the first read. Sequences missing after it are another
    /// gap, with a wait of its own.
    /// </summary>
    private long _end;

    /// <summary>The head that the head poller reported last.</summary>
    private long _polledHead;

    /// <summary>True while the repair loop runs.</summary>
    private bool _closing;

    /// <summary>The room's key.</summary>
    public string Room => room;

    /// <summary>Adds a subscription. It gets no events before it is live.</summary>
    public void Add(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Add(subscription);
        }
    }

    /// <summary>Removes a subscription.</summary>
    /// <param name="last">True if its user has no other subscription in this feed.</param>
    /// <param name="empty">True if the feed has no other subscription.</param>
    /// <returns>False if it was not in this feed.</returns>
    public bool Remove(Subscription subscription, out bool last, out bool empty)
    {
        lock (_gate)
        {
            var removed = _subscriptions.Remove(subscription);
            last = !_subscriptions.Has(subscription.Session.User);
            empty = _subscriptions.Count == 0;
            return removed;
        }
    }

    /// <summary>
    /// Opens the feed: the room has attached this gateway, and publishes every event after <paramref name="seq"/> to
    /// the gateway stream. Only the first call sets the position.
    /// </summary>
    /// <param name="presence">The last presence update before that.</param>
    public Task OpenAsync(long seq, PresenceVersion presence)
    {
        lock (_gate)
        {
            if (_position is null)
            {
                GoOnAfter(seq);
            }

            _presenceVersion = _presenceVersion == default ? presence : _presenceVersion;
            return RepairGap(Hold);
        }
    }

    /// <summary>
    /// Delivers events from the gateway stream. They are in ascending order.
    /// <list type="number">
    /// <item>Sort events by sequence: drop a duplicate, take the next one, buffer one that is out of order.</item>
    /// <item>Add the buffered events that follow.</item>
    /// <item>Cut the events into runs, and offer each run to all subscriptions. The position moves with it.</item>
    /// <item>Compare the position with the newest known sequence. If there is a gap, start the repair loop.</item>
    /// </list>
    /// </summary>
    /// <returns>The repair loop if this call started it; else a completed task.</returns>
    public Task DeliverAsync(RoomEvents batch)
    {
        lock (_gate)
        {
            // Step 1: Sort the events.
            List<EncodedEvent> next = new(batch.Events.Length);
            foreach (var happened in batch.Events)
            {
                Take(happened, next);
            }

            // Steps 2 and 3: Deliver.
            Deliver(next);

            // Step 4: Detect a gap. If the buffer is full, repair at once.
            return Expect(batch.Events[^1].Seq, _outOfOrder.Count < options.OutOfOrderEvents ? Hold : TimeSpan.Zero);
        }
    }

    /// <summary>The room's head was reported other than by its events, which may still be on their way.</summary>
    /// <returns>The repair loop if this call started it; else a completed task.</returns>
    public Task OnHeadObservedAsync(long head)
    {
        lock (_gate)
        {
            return Expect(head, Hold);
        }
    }

    /// <summary>
    /// The head that the head poller read. Events that are still on their way are not lost, so the feed is repaired
    /// only if it has not reached the head of the previous poll by now.
    /// </summary>
    /// <returns>The repair loop if this call started it; else a completed task.</returns>
    public Task OnHeadPolledAsync(long head)
    {
        lock (_gate)
        {
            (var due, _polledHead) = (_polledHead, head);
            if (_position is { } position && due > Math.Max(position, _target))
            {
                instruments.PolledGap();
            }

            return Expect(due, TimeSpan.Zero);
        }
    }

    /// <summary>
    /// Queues state (typing, presence, a read mark) for all subscriptions, or for those of the users that
    /// <paramref name="to"/> selects.
    /// </summary>
    public void Offer(Func<string, ServerFrame> state, Predicate<string>? to = null)
    {
        var encoded = new EncodedState(state);
        lock (_gate)
        {
            foreach (var subscription in _subscriptions)
            {
                if (to is null || to(subscription.Session.User))
                {
                    subscription.Session.Offer(subscription, encoded);
                }
            }
        }
    }

    /// <summary>See <see cref="IRooms.GoLive"/>.</summary>
    public bool GoLive(Subscription subscription, out long head)
    {
        lock (_gate)
        {
            head = _position ?? 0;
            return subscription.Session.TryGoLive(subscription, head);
        }
    }

    /// <summary>See <see cref="IRooms.ReadAsync"/>.</summary>
    public Task<IReadOnlyList<EncodedEvent>> ReadAsync(long after, int limit)
    {
        lock (_gate)
        {
            if (!_reads.TryGetValue(after, out var read))
            {
                _reads[after] = read = ReadOnceAsync(after, limit);
            }

            return read;
        }
    }

    private async Task<IReadOnlyList<EncodedEvent>> ReadOnceAsync(long after, int limit)
    {
        await Task.Yield();
        try
        {
            return [.. (await readLog(after, limit)).Select(happened => new EncodedEvent(happened))];
        }
        finally
        {
            lock (_gate)
            {
                _reads.Remove(after);
            }
        }
    }

    private TimeSpan Hold => TimeSpan.FromMilliseconds(options.GapWaitMs);

    /// <summary>Adds an event to those to be delivered next, buffers it, or drops it. Requires the lock.</summary>
    private void Take(RoomEvent happened, List<EncodedEvent> next)
    {
        // Delivered, taken or buffered before - drop it.
        // The next one - take it.
        // Out of order, or the room has not answered yet - buffer it, if there is room. Otherwise the log will be read.
        var after = _position + next.Count;
        if (happened.Seq <= after || _outOfOrder.ContainsKey(happened.Seq))
        {
            instruments.Duplicate();
        }
        else if (happened.Seq == after + 1)
        {
            next.Add(new(happened));
        }
        else if (_outOfOrder.Count < options.OutOfOrderEvents)
        {
            _outOfOrder.Add(happened.Seq, happened);
            instruments.Buffered();
        }
    }

    /// <summary>The room has events up to <paramref name="seq"/>. Requires the lock.</summary>
    private Task Expect(long seq, TimeSpan hold)
    {
        _target = Math.Max(_target, seq);
        return RepairGap(hold);
    }

    /// <summary>
    /// Detects whether a gap began or was closed. Called after the position or the target moved. Requires the lock.
    /// </summary>
    /// <param name="hold">
    /// How long a gap that begins now may close by itself. An existing gap waits no longer than this either.
    /// </param>
    /// <returns>The repair loop if this call started it; else a completed task.</returns>
    private Task RepairGap(TimeSpan hold)
    {
        // The room has not answered yet - there is no position to compare with.
        if (_position is null)
        {
            return Task.CompletedTask;
        }

        // Gap, and the position has reached its end - the gap is closed. Another one may follow.
        if (_gapDetectedAt is { } since && (_position >= _target || (_end > 0 && _position >= _end)))
        {
            instruments.Closed(time.GetElapsedTime(since));
            (_gapDetectedAt, _end) = (null, 0);
        }

        // No event is missing - complete.
        if (_position >= _target)
        {
            return Task.CompletedTask;
        }

        // Events are missing - a gap begins, or the existing one goes on.
        if (_gapDetectedAt is null)
        {
            instruments.Gap();
            (_gapDetectedAt, _hold) = (time.GetTimestamp(), hold);
        }

        // One repair loop at a time. A running loop sees the new target and hold at its next step.
        _hold = hold < _hold ? hold : _hold;
        if (_closing)
        {
            return Task.CompletedTask;
        }

        _closing = true;
        return RepairGapAsync();
    }

    /// <summary>
    /// The repair loop: runs until no event is missing. One at a time.
    /// <list type="number">
    /// <item>Wait while the missing events may still arrive by themselves.</item>
    /// <item>If too many events are missing, skip them: each subscription reads them by itself.</item>
    /// <item>End if no event is missing, or if nobody is subscribed.</item>
    /// <item>Read the missing events from the message log, up to the last one that is not buffered.</item>
    /// <item>If the log no longer has the first of them, skip to the log's first event.</item>
    /// <item>Deliver what was read, and the buffered events that follow.</item>
    /// <item>If the log could not be read, or returned no events, wait before the next attempt.</item>
    /// </list>
    /// </summary>
    private async Task RepairGapAsync()
    {
        // Steps 1 to 3, under the lock: choose what to do.
        while (NextStep() is { } step)
        {
            if (step.Wait > TimeSpan.Zero)
            {
                await Task.Delay(step.Wait, time);
            }
            else if (!await TryRepairAsync(step.After, step.Limit))
            {
                // Step 7: Retry. Nothing is lost: the target stays, and the position moves only in sequence.
                await Task.Delay(RetryDelay, time);
            }
        }
    }

    /// <summary>
    /// Reads and delivers missing events. Returns false if the log could not be read, or returned no events.
    /// </summary>
    private async Task<bool> TryRepairAsync(long after, int limit)
    {
        try
        {
            // Step 4: Read.
            var events = await ReadAsync(after, limit);

            // Steps 5 and 6: Deliver.
            Repair(events);
            return events.Count > 0;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>
    /// Decides what the repair loop does next: wait, or read up to <c>Limit</c> events after a sequence. Returns null
    /// if the loop must end.
    /// </summary>
    private (TimeSpan Wait, long After, int Limit)? NextStep()
    {
        lock (_gate)
        {
            // Step 1: The missing events may still arrive.
            if (_gapDetectedAt is { } since && _subscriptions.Count > 0 && _hold - time.GetElapsedTime(since) is { Ticks: > 0 } wait)
            {
                return (TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), 0, 0);
            }

            // Step 2: The gap is too large.
            if (_target - _position > options.GapEvents)
            {
                FallBehind(_target);
                RepairGap(Hold);
            }

            // Step 3: Nothing is missing, or nobody is subscribed.
            if (_position is not { } position || position >= _target || _subscriptions.Count == 0)
            {
                _closing = false;
                return null;
            }

            _end = _end == 0 ? _target : _end;

            // The buffered events at the end need not be read.
            var last = _target;
            while (_outOfOrder.ContainsKey(last))
            {
                last--;
            }

            return (TimeSpan.Zero, position, (int)Math.Min(options.RepairEvents, last - position));
        }
    }

    private void Repair(IReadOnlyList<EncodedEvent> events)
    {
        lock (_gate)
        {
            instruments.Repair();
            if (events.Count > 0 && events[0].Event.Seq > _position + 1)
            {
                // Step 5: Skip. Each subscription queues a gap frame for it.
                FallBehind(events[0].Event.Seq - 1);
            }

            // Step 6: Deliver.
            List<EncodedEvent> missing = [.. events.SkipWhile(happened => happened.Event.Seq <= _position)];
            instruments.Repaired(missing.Count);
            missing.ForEach(happened => _outOfOrder.Remove(happened.Event.Seq));
            Deliver(missing);
            RepairGap(Hold);
        }
    }

    /// <summary>
    /// Skips events up to <paramref name="seq"/>: each subscription reads them by itself. Requires the lock.
    /// </summary>
    private void FallBehind(long seq)
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Session.FallBehind(subscription);
        }

        GoOnAfter(seq);
    }

    /// <summary>Moves the position, and delivers the buffered events that follow it. Requires the lock.</summary>
    private void GoOnAfter(long seq)
    {
        _position = seq;
        foreach (var early in _outOfOrder.Keys.Where(early => early <= seq).ToArray())
        {
            _outOfOrder.Remove(early);
        }

        Deliver([]);
    }

    /// <summary>
    /// Delivers events that follow the position, and the buffered events that follow them. Requires the lock.
    /// </summary>
    private void Deliver(List<EncodedEvent> events)
    {
        // Step 2 of a delivery: add buffered events.
        while (_outOfOrder.Count > 0 && _outOfOrder.Remove(_position.GetValueOrDefault() + events.Count + 1, out var early))
        {
            events.Add(new(early));
        }

        Push(events);
    }

    /// <summary>
    /// Delivers events to all live subscriptions, in the order of the subscriptions. Requires the lock.
    /// </summary>
    /// <param name="events">Consecutive events that follow the position.</param>
    private void Push(List<EncodedEvent> events)
    {
        // Step 3 of a delivery: run by run.
        for (var from = 0; from < events.Count;)
        {
            // A run ends at the end of a membership, because that event ends subscriptions, which must get nothing
            // after it.
            var length = 0;
            var to = from;
            do
            {
                length += events[to].Event.Text?.Length ?? 0;
            }
            while (events[to++].Event.Kind != RoomEventKind.Leave && to < events.Count && length < RunLength);

            var run = new EncodedRun(events[from..to]);
            from = to;
            instruments.Events(run.Events.Count);
            _position = run.Last;
            foreach (var subscription in _subscriptions)
            {
                subscription.Session.Offer(subscription, run);
            }

            if (run.Events[^1].Event is { Kind: RoomEventKind.Leave } left)
            {
                End(left);
            }
        }
    }

    /// <summary>Ends all subscriptions of a user whose membership ended. Requires the lock.</summary>
    private void End(RoomEvent left)
    {
        List<Subscription> over = [];
        foreach (var subscription in _subscriptions)
        {
            if (subscription.Session.User == left.From && subscription.Session.EndsWith(subscription, left.Seq))
            {
                over.Add(subscription);
            }
        }

        ended(over);
    }
}
