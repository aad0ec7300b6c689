using System.Diagnostics;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The fan-out of one room within this gateway. The feed checks sequences, repairs gaps from the message log, and
/// delivers the events to all live subscriptions in the same order. It delivers consecutive events together as a run,
/// and subscriptions with equal views get the same bytes (<see cref="EncodedRun"/>). The gateway stream may lose
/// events; the message log has all events.
/// </summary>
/// <remarks>
/// <code>
///   events from the gateway stream:   seq ≤ position       duplicate: drop
///                                     seq = position + 1   deliver it, and the buffered events that follow
///                                     seq > position + 1   a gap: buffer the event
///   a reported head:                  seq > position       a gap
///
///   complete ──an event is missing──► gap ──missing events arrive within GapWait──► complete
///                                      └──otherwise: read them, once for all──────►─┘
/// </code>
/// So events that arrive out of order within GapWait cause no read of the message log. A gap that the head poller finds
/// is repaired at once, because the stream had a whole poll interval to deliver the events.
/// <see cref="DeliverAsync"/> lists the steps of a delivery, and <see cref="RepairGapAsync"/> lists the steps of a
/// repair.
/// </remarks>
internal sealed partial class RoomFeed
{
    /// <summary>
    /// A run ends when its events have this size, as <see cref="EventBytes"/> counts it, so that the run needs only a
    /// small part of a connection send queue.
    /// </summary>
    private const int RunBytes = 16 * 1024;

    private readonly Action<IReadOnlyList<Subscription>> _ended;
    private readonly FanoutOptions _options;
    private readonly FanoutInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly SubscriptionList _subscriptions = new();
    private readonly SharedReads _log;
    private readonly GapTracker _gap;

    /// <summary>
    /// Events that arrived out of order, by sequence: at most <see cref="FanoutOptions.OutOfOrderEvents"/>, all after
    /// the position.
    /// </summary>
    private readonly Dictionary<long, RoomEvent> _outOfOrder = [];

    /// <summary>
    /// The sequence of the last event that was delivered or skipped; null until <see cref="OpenAsync"/> is called.
    /// </summary>
    private long? _position;

    /// <summary>The head that the head poller reported last.</summary>
    private long _polledHead;

    /// <param name="readLog">
    /// Reads the room's events from the message log. The arguments are the sequence after which to read, and the
    /// maximum number of events.
    /// </param>
    /// <param name="ended">
    /// Called with the subscriptions that ended because a user's membership ended. Runs under the feed's lock, so it
    /// must not call the feed.
    /// </param>
    public RoomFeed(
        Func<long, int, Task<RoomEvent[]>> readLog, Action<IReadOnlyList<Subscription>> ended, FanoutOptions options, FanoutInstruments instruments,
        TimeProvider time)
    {
        (_ended, _options, _instruments, _time) = (ended, options, instruments, time);
        _log = new(readLog);
        _gap = new(instruments, time);
        Presence = new(state => Offer(state));
    }

    public PresenceFeed Presence { get; }

    /// <summary>Adds a subscription. The feed delivers no events to it before it is live.</summary>
    public void Add(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Add(subscription);
        }
    }

    /// <summary>Removes a subscription.</summary>
    /// <param name="last">True if the user has no other subscription in this feed.</param>
    /// <param name="empty">True if the feed has no other subscription.</param>
    /// <returns>False if the subscription was not in this feed.</returns>
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
    /// Opens the feed. Called when the room has attached this gateway. From then on, the room publishes every event
    /// after <paramref name="seq"/> to the gateway stream. Only the first call sets the position.
    /// </summary>
    /// <param name="presence">
    /// The version of the last presence update before the room attached this gateway.
    /// </param>
    public Task OpenAsync(long seq, PresenceVersion presence)
    {
        Presence.StartAfter(presence);
        lock (_gate)
        {
            if (_position is null)
            {
                GoOnAfter(seq);
            }

            return RepairGap(Hold);
        }
    }

    /// <summary>
    /// Delivers events from the gateway stream. The events of a batch are in ascending order.
    /// <list type="number">
    /// <item>Compare each event's sequence with the position: drop a duplicate, take the next event, buffer an event
    /// that is out of order.</item>
    /// <item>Add the buffered events that follow.</item>
    /// <item>Cut the events into runs, and offer each run to all subscriptions. The position moves with each
    /// run.</item>
    /// <item>Compare the position with the newest known sequence. If there is a gap, start the repair loop.</item>
    /// </list>
    /// </summary>
    /// <returns>The task of the repair loop if this call started the loop; else a completed task.</returns>
    public Task DeliverAsync(RoomEvents batch)
    {
        lock (_gate)
        {
            // Step 1: Compare the sequences.
            List<EncodedEvent> next = new(batch.Events.Length);
            foreach (var happened in batch.Events)
            {
                Take(happened, next);
            }

            // Steps 2 and 3: Deliver.
            Deliver(next);

            // Step 4: Detect a gap. If the buffer is full, repair at once.
            return Expect(batch.Events[^1].Seq, _outOfOrder.Count < _options.OutOfOrderEvents ? Hold : TimeSpan.Zero);
        }
    }

    /// <summary>
    /// Called when a notification, or a synchronization of the room's attached users, has reported the room's head. The
    /// events up to this head may still arrive from the stream.
    /// </summary>
    /// <returns>The task of the repair loop if this call started the loop; else a completed task.</returns>
    public Task OnHeadObservedAsync(long head)
    {
        lock (_gate)
        {
            return Expect(head, Hold);
        }
    }

    /// <summary>
    /// Called when the head poller has read the room's head. The newest events may still arrive from the stream. So the
    /// feed repairs a gap at once only up to the head of the previous poll.
    /// </summary>
    /// <returns>The task of the repair loop if this call started the loop; else a completed task.</returns>
    public Task OnHeadPolledAsync(long head)
    {
        lock (_gate)
        {
            (var due, _polledHead) = (_polledHead, head);
            if (_position is { } position && due > Math.Max(position, _gap.Target))
            {
                _instruments.PolledGap();
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

    /// <inheritdoc cref="SharedReads.ReadAsync"/>
    public Task<IReadOnlyList<EncodedEvent>> ReadAsync(long after, int limit) => _log.ReadAsync(after, limit);

    private TimeSpan Hold => _options.GapWait;

    /// <summary>Adds an event to the events that are delivered next, buffers it, or drops it.</summary>
    private void Take(RoomEvent happened, List<EncodedEvent> next)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);

        // Delivered, taken or buffered before - drop it.
        // The next event - take it.
        // Out of order, or the room has not answered yet - buffer it if the buffer has space. Otherwise drop it; the
        // feed will read it from the log.
        var after = _position + next.Count;
        if (happened.Seq <= after || _outOfOrder.ContainsKey(happened.Seq))
        {
            _instruments.Duplicate();
        }
        else if (happened.Seq == after + 1)
        {
            next.Add(new(happened));
        }
        else if (_outOfOrder.Count < _options.OutOfOrderEvents)
        {
            _outOfOrder.Add(happened.Seq, happened);
            _instruments.Buffered();
        }
    }

    /// <summary>Records that the room has events up to <paramref name="seq"/>.</summary>
    private Task Expect(long seq, TimeSpan hold)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        _gap.Expect(seq);
        return RepairGap(hold);
    }

    /// <summary>Moves the position, and delivers the buffered events that follow it.</summary>
    private void GoOnAfter(long seq)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        _position = seq;
        foreach (var early in _outOfOrder.Keys.Where(early => early <= seq).ToArray())
        {
            _outOfOrder.Remove(early);
        }

        Deliver([]);
    }

    /// <summary>Delivers events that follow the position, and then buffered events up to the next gap.</summary>
    private void Deliver(List<EncodedEvent> events)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);

        // Step 2 of a delivery: add buffered events.
        while (_outOfOrder.Count > 0 && _outOfOrder.Remove(_position.GetValueOrDefault() + events.Count + 1, out var early))
        {
            events.Add(new(early));
        }

        Push(events);
    }

    /// <summary>
    /// Delivers events to all live subscriptions, in the order in which the subscriptions were added.
    /// </summary>
    /// <param name="events">Consecutive events that follow the position.</param>
    private void Push(List<EncodedEvent> events)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);

        // Step 3 of a delivery: run by run.
        for (var from = 0; from < events.Count;)
        {
            // An event that ends a membership must be the last event of its run, because the user's subscriptions must
            // get no later event.
            var bytes = 0;
            var to = from;
            do
            {
                bytes += EventBytes.Count(events[to].Event);
            }
            while (MemberChange.Ended(events[to++].Event) is null && to < events.Count && bytes < RunBytes);

            var run = new EncodedRun(events[from..to]);
            from = to;
            _instruments.Events(run.Events.Count);
            _position = run.Last;
            foreach (var subscription in _subscriptions)
            {
                subscription.Session.Offer(subscription, run);
            }

            var newest = run.Events[^1].Event;
            if (MemberChange.Ended(newest) is { } user)
            {
                End(user, newest);
            }
        }
    }

    /// <summary>Ends all subscriptions of a user whose membership ended.</summary>
    private void End(string user, RoomEvent ended)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread);
        List<Subscription> over = [];
        foreach (var subscription in _subscriptions)
        {
            if (subscription.Session.User == user && subscription.Session.EndsWith(subscription, ended))
            {
                over.Add(subscription);
            }
        }

        _ended(over);
    }
}
