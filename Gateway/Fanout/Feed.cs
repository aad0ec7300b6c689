using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// A room's fan-out within this gateway: checks the sequence, closes holes from the log, encodes once, and hands the same bytes to
/// every subscription in the same order. The inbox is its doorbell, the log its truth.
/// </summary>
/// <remarks>
/// <code>
///   events from the inbox:   seq ≤ position      a duplicate: drop
///                            seq = position + 1  hand on, position moves; what was kept and follows is handed on too
///                            seq > position + 1  a hole: keep the event
///   a head from elsewhere:   seq > position      a hole
///
///   whole ──something is past the position──► hole ──what is missing comes within HoldMs──► whole
///                                               └──else: read what is missing, once for all──►─┘
/// </code>
/// What is only overtaken costs no read, and what was kept is not read again. A beacon's hole is not waited for: the inbox had its time.
/// </remarks>
/// <param name="readLog">Reads the room's events after a sequence, so many at the most.</param>
/// <param name="ended">Told of the subscriptions that a membership's end ended. Called under the lock: it must not call back.</param>
internal sealed partial class Feed(
    string room, Func<long, int, Task<RoomEvent[]>> readLog, Action<IReadOnlyList<Subscription>> ended, FanoutOptions options,
    FanoutInstruments instruments, TimeProvider time)
{
    /// <summary>Characters of text after which a run ends: a frame stays small against an outbox.</summary>
    private const int RunLength = 16 * 1024;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private readonly Lock _gate = new();
    private readonly SubscriptionList _subscriptions = new();
    private readonly Dictionary<long, Task<IReadOnlyList<EncodedEvent>>> _reads = [];

    /// <summary>What came before what is before it: at most <see cref="FanoutOptions.HeldEvents"/>, all past the position.</summary>
    private readonly Dictionary<long, RoomEvent> _early = [];

    /// <summary>The last sequence handed on; null before the room has answered the first enter.</summary>
    private long? _position;

    /// <summary>The newest sequence that anybody told of. Past the position while there is a hole.</summary>
    private long _target;

    /// <summary>When the hole was noticed; null where there is none.</summary>
    private long? _noticed;

    /// <summary>How long the hole is given to close by itself.</summary>
    private TimeSpan _hold;

    /// <summary>How far what is being read reaches: what is missing after it is another hole, and is given its time.</summary>
    private long _end;

    /// <summary>The head as the last beacon showed it.</summary>
    private long _shown;
    private bool _closing;

    /// <summary>The room's key.</summary>
    public string Room => room;

    /// <summary>Registers a subscription. It is handed nothing before it is live.</summary>
    public void Add(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Add(subscription);
        }
    }

    /// <summary>Takes a subscription out.</summary>
    /// <param name="last">True where its user has no other one in this feed.</param>
    /// <param name="empty">True where the feed has no other one.</param>
    /// <returns>False where it was not in.</returns>
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

    /// <summary>The room has this gateway attached: every event after <paramref name="seq"/> comes through the inbox.</summary>
    /// <param name="told">The last notice of comings and goings before.</param>
    public Task OpenAsync(long seq, NoticeMark told)
    {
        lock (_gate)
        {
            if (_position is null)
            {
                GoOnAfter(seq);
            }

            _heard = _heard == default ? told : _heard;
            return Close(Hold);
        }
    }

    /// <summary>Events from the inbox, ascending.</summary>
    /// <returns>The closing of a hole, where it began with them.</returns>
    public Task DeliverAsync(RoomEvents batch)
    {
        lock (_gate)
        {
            List<EncodedEvent> next = new(batch.Events.Length);
            foreach (var happened in batch.Events)
            {
                Take(happened, next);
            }

            HandOn(next);
            return Expect(batch.Events[^1].Seq, _early.Count < options.HeldEvents ? Hold : TimeSpan.Zero);
        }
    }

    /// <summary>The room's head, told apart from the room's events: they may be on their way.</summary>
    /// <returns>The closing of a hole, where it began with this.</returns>
    public Task NoticeAsync(long head)
    {
        lock (_gate)
        {
            return Expect(head, Hold);
        }
    }

    /// <summary>
    /// The head as a beacon shows it. What is only on its way through the inbox is no loss: the feed is repaired where it has not got by
    /// now to what the beacon before this one showed.
    /// </summary>
    /// <returns>The repair, where it began with this.</returns>
    public Task BeaconAsync(long head)
    {
        lock (_gate)
        {
            (var due, _shown) = (_shown, head);
            if (_position is { } position && due > Math.Max(position, _target))
            {
                instruments.Beacon();
            }

            return Expect(due, TimeSpan.Zero);
        }
    }

    /// <summary>State for everybody in the room, or for the users that it is for.</summary>
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

    private TimeSpan Hold => TimeSpan.FromMilliseconds(options.HoldMs);

    /// <summary>Under the lock: adds an event to what is handed on next, keeps it, or drops it.</summary>
    private void Take(RoomEvent happened, List<EncodedEvent> next)
    {
        var after = _position + next.Count;
        if (happened.Seq <= after || _early.ContainsKey(happened.Seq))
        {
            instruments.Duplicate();
        }
        else if (happened.Seq == after + 1)
        {
            next.Add(new(happened));
        }
        else if (_early.Count < options.HeldEvents)
        {
            // What finds no room here the log tells.
            _early.Add(happened.Seq, happened);
            instruments.Held();
        }
    }

    /// <summary>Under the lock: the room has got to <paramref name="seq"/>.</summary>
    private Task Expect(long seq, TimeSpan hold)
    {
        _target = Math.Max(_target, seq);
        return Close(hold);
    }

    /// <summary>Under the lock, after the position or the target moved: notices a hole, and that it is closed.</summary>
    /// <param name="hold">How long a hole that begins now is given to close by itself.</param>
    /// <returns>The loop that closes it, where this started it.</returns>
    private Task Close(TimeSpan hold)
    {
        if (_position is null)
        {
            return Task.CompletedTask;
        }

        if (_noticed is { } since && (_position >= _target || (_end > 0 && _position >= _end)))
        {
            instruments.Closed(time.GetElapsedTime(since));
            (_noticed, _end) = (null, 0);
        }

        if (_position >= _target)
        {
            return Task.CompletedTask;
        }

        if (_noticed is null)
        {
            instruments.Hole();
            (_noticed, _hold) = (time.GetTimestamp(), hold);
        }

        _hold = hold < _hold ? hold : _hold;
        if (_closing)
        {
            return Task.CompletedTask;
        }

        _closing = true;
        return CloseAsync();
    }

    /// <summary>One at a time: waits, then reads, until the feed is whole.</summary>
    private async Task CloseAsync()
    {
        while (NextStep() is { } step)
        {
            if (step.Wait > TimeSpan.Zero)
            {
                await Task.Delay(step.Wait, time);
            }
            else if (!await TryRepairAsync(step.After, step.Limit))
            {
                // The log is away. Nothing is lost by waiting: the target stays, and the position moves only in sequence.
                await Task.Delay(RetryDelay, time);
            }
        }
    }

    /// <summary>False where the log told nothing.</summary>
    private async Task<bool> TryRepairAsync(long after, int limit)
    {
        try
        {
            var events = await ReadAsync(after, limit);
            Repair(events);
            return events.Count > 0;
        }
        catch (Exception away) when (away is not OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>How to go on with the hole: wait, or read so many events after a sequence. Null, and the loop is over, where there is none.</summary>
    private (TimeSpan Wait, long After, int Limit)? NextStep()
    {
        lock (_gate)
        {
            if (_noticed is { } since && _subscriptions.Count > 0 && _hold - time.GetElapsedTime(since) is { Ticks: > 0 } wait)
            {
                return (TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), 0, 0);
            }

            if (_target - _position > options.HoleEvents)
            {
                FallBehind(_target);
                Close(Hold);
            }

            if (_position is not { } position || position >= _target || _subscriptions.Count == 0)
            {
                _closing = false;
                return null;
            }

            _end = _end == 0 ? _target : _end;

            // Up to the last that is missing: what is kept behind it is not read.
            var last = _target;
            while (_early.ContainsKey(last))
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
                // The log no longer has what is missing: each subscription names it.
                FallBehind(events[0].Event.Seq - 1);
            }

            List<EncodedEvent> missing = [.. events.SkipWhile(happened => happened.Event.Seq <= _position)];
            instruments.Repaired(missing.Count);
            missing.ForEach(happened => _early.Remove(happened.Event.Seq));
            HandOn(missing);
            Close(Hold);
        }
    }

    /// <summary>Under the lock: goes on after <paramref name="seq"/>, and each subscription reads up to there by itself.</summary>
    private void FallBehind(long seq)
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Session.FallBehind(subscription);
        }

        GoOnAfter(seq);
    }

    /// <summary>Under the lock: moves the position, and hands on what was kept and follows.</summary>
    private void GoOnAfter(long seq)
    {
        _position = seq;
        foreach (var early in _early.Keys.Where(early => early <= seq).ToArray())
        {
            _early.Remove(early);
        }

        HandOn([]);
    }

    /// <summary>Under the lock: hands on events that follow the position, and after them what was kept and follows.</summary>
    private void HandOn(List<EncodedEvent> events)
    {
        while (_early.Count > 0 && _early.Remove(_position.GetValueOrDefault() + events.Count + 1, out var early))
        {
            events.Add(new(early));
        }

        Push(events);
    }

    /// <summary>Under the lock: everybody who is live gets them, in the order in which they came.</summary>
    /// <param name="events">Dense, from the one after the position.</param>
    private void Push(List<EncodedEvent> events)
    {
        for (var from = 0; from < events.Count;)
        {
            // A run ends with a membership, which ends subscriptions.
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

    /// <summary>Under the lock: whoever gave up membership reads no further, on whatever connection.</summary>
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
