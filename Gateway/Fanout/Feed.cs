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
///                            seq = position + 1  hand on, position moves
///                            seq > position + 1  a hole: read the log from the position, once for all
///   a head from a beacon or a ring, past the position: the same as a hole
/// </code>
/// </remarks>
/// <param name="readLog">Reads the room's events after a sequence, so many at the most.</param>
/// <param name="ended">Told of the subscriptions that a membership's end ended. Called under the lock: it must not call back.</param>
internal sealed class Feed(
    string room, Func<long, int, Task<RoomEvent[]>> readLog, Action<IReadOnlyList<Subscription>> ended, FanoutOptions options,
    FanoutInstruments instruments, TimeProvider time)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private readonly Lock _gate = new();
    private readonly List<Subscription> _subscriptions = [];
    private readonly Dictionary<long, Task<IReadOnlyList<EncodedEvent>>> _reads = [];
    private long? _position;
    private long _target;
    private long _shown;
    private bool _repairing;
    private NoticeMark _heard;

    /// <summary>The last notice of comings and goings that was told; default for none.</summary>
    public NoticeMark Heard
    {
        get
        {
            lock (_gate)
            {
                return _heard;
            }
        }
    }

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
            last = !_subscriptions.Exists(other => other.Session.User == subscription.Session.User);
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
            _position ??= seq;
            _heard = _heard == default ? told : _heard;
            return RepairFrom(_position.Value);
        }
    }

    /// <summary>Events from the inbox.</summary>
    /// <returns>The repair of a hole, where there is one.</returns>
    public Task DeliverAsync(RoomEvents batch)
    {
        lock (_gate)
        {
            foreach (var happened in batch.Events)
            {
                if (_position is not { } position || happened.Seq > position + 1)
                {
                    _target = Math.Max(_target, batch.Events[^1].Seq);
                    return RepairFrom(_position);
                }

                if (happened.Seq <= position)
                {
                    instruments.Duplicate();
                    continue;
                }

                Push(new(happened));
            }

            return Task.CompletedTask;
        }
    }

    /// <summary>The room's head, told apart from the inbox.</summary>
    /// <returns>The repair, where the feed has not got so far.</returns>
    public Task NoticeAsync(long head)
    {
        lock (_gate)
        {
            if (_position is not { } position || head <= position)
            {
                return Task.CompletedTask;
            }

            _target = Math.Max(_target, head);
            return RepairFrom(position);
        }
    }

    /// <summary>
    /// The head as a beacon shows it. What is only on its way through the inbox is no loss: the feed is repaired where it has not got by
    /// now to what the beacon before this one showed.
    /// </summary>
    /// <returns>The repair, where the feed has not.</returns>
    public Task BeaconAsync(long head)
    {
        lock (_gate)
        {
            (var due, _shown) = (_shown, head);
            return NoticeAsync(due);
        }
    }

    /// <summary>Tells who came and went, each notice once and in order.</summary>
    /// <returns>False where one before it was missed: the room has them.</returns>
    public bool Tell(RoomAttendance notice)
    {
        lock (_gate)
        {
            var (mark, heard) = (notice.Mark, _heard);
            if (mark.Activation < heard.Activation || (mark.Activation == heard.Activation && mark.Number <= heard.Number))
            {
                return true;
            }

            if (heard != default && mark != heard with { Number = heard.Number + 1 })
            {
                return false;
            }

            TellNext(notice);
            return true;
        }
    }

    /// <summary>Tells what was missed.</summary>
    public void TellMissed(RoomAttendance[] notices)
    {
        lock (_gate)
        {
            foreach (var notice in notices)
            {
                if (notice.Mark.Activation > _heard.Activation || (notice.Mark.Activation == _heard.Activation && notice.Mark.Number > _heard.Number))
                {
                    TellNext(notice);
                }
            }
        }
    }

    /// <summary>Under the lock.</summary>
    private void TellNext(RoomAttendance notice)
    {
        _heard = notice.Mark;
        foreach (var user in notice.Went)
        {
            Offer(of => new Presence(of, user, false, notice.Count));
        }

        foreach (var user in notice.Came)
        {
            Offer(of => new Presence(of, user, true, notice.Count));
        }

        if (notice is { Came.Length: 0, Went.Length: 0 })
        {
            Offer(of => new Presence(of, null, null, notice.Count));
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

    /// <summary>Under the lock: starts the repair where there is something to repair and none runs.</summary>
    private Task RepairFrom(long? position)
    {
        if (_repairing || position is not { } from || _target <= from)
        {
            return Task.CompletedTask;
        }

        _repairing = true;
        instruments.Hole();
        return RepairAsync();
    }

    private async Task RepairAsync()
    {
        while (NextRead() is { } after)
        {
            if (!await TryRepairAsync(after))
            {
                // The log is away. Nothing is lost by waiting: the target stays, and the position moves only in sequence.
                await Task.Delay(RetryDelay, time);
            }
        }
    }

    /// <summary>False where the log told nothing.</summary>
    private async Task<bool> TryRepairAsync(long after)
    {
        try
        {
            var events = await ReadAsync(after, options.RepairEvents);
            Repair(events);
            return events.Count > 0;
        }
        catch (Exception away) when (away is not OutOfMemoryException)
        {
            return false;
        }
    }

    private long? NextRead()
    {
        lock (_gate)
        {
            var position = _position ?? 0;
            if (_target - position > options.HoleEvents)
            {
                FallBehind(position = _target);
            }

            if (position >= _target || _subscriptions.Count == 0)
            {
                _repairing = false;
                return null;
            }

            return position;
        }
    }

    private void Repair(IReadOnlyList<EncodedEvent> events)
    {
        lock (_gate)
        {
            if (events.Count > 0 && events[0].Event.Seq > _position + 1)
            {
                // The log no longer has what is missing: each subscription names it.
                FallBehind(events[0].Event.Seq - 1);
            }

            foreach (var happened in events)
            {
                if (happened.Event.Seq == _position + 1)
                {
                    instruments.Repaired(1);
                    Push(happened);
                }
            }
        }
    }

    /// <summary>Under the lock: goes on after <paramref name="seq"/>, and each subscription reads up to there by itself.</summary>
    private void FallBehind(long seq)
    {
        _position = seq;
        foreach (var subscription in _subscriptions)
        {
            subscription.Session.FallBehind(subscription);
        }
    }

    /// <summary>Under the lock: everybody who is live gets it, in the order in which they came.</summary>
    private void Push(EncodedEvent happened)
    {
        instruments.Event();
        _position = happened.Event.Seq;
        foreach (var subscription in _subscriptions)
        {
            subscription.Session.Offer(subscription, happened);
        }

        if (happened.Event.Kind == RoomEventKind.Leave)
        {
            // Whoever gave up membership reads no further, on whatever connection. Who came back since is past this event.
            ended(_subscriptions.FindAll(subscription =>
                subscription.Session.User == happened.Event.From && subscription.Session.EndsWith(subscription, happened.Event.Seq)));
        }
    }
}
