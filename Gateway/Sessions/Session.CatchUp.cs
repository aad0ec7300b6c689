using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// How a subscription that is behind comes to the head: joining with a past, resuming after a reconnect and lagging are one thing.
/// <code>
///   Behind ──read the log after what is queued──► post as far as the outbox has room ──all the feed has?──► Live
///     ▲                                                                                                      │
///     └────────── the outbox is full: drop its posts, rewind to the cursors, every room is behind ◄──────────┘
/// </code>
/// One loop a connection serves its rooms in turn and ends when all are live; memory is one page, whatever it is behind, and the log is read
/// in proportion to what the peer takes.
/// </summary>
internal sealed partial class Session
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private Task _catchUp = Task.CompletedTask;
    private bool _catchingUp;
    private long _turn;

    /// <summary>Events to ask the log for next: what the outbox has no room for is read again, so pages follow what fitted.</summary>
    private int _page = ports.Options.CatchUpEvents;

    /// <summary>Makes a subscription live, now if it is at the head, else by way of the log.</summary>
    private void Follow(Subscription subscription)
    {
        if (!ports.Rooms.GoLive(subscription, out _))
        {
            CatchUp();
        }
    }

    /// <summary>Called under the feed's lock: live exactly when it was handed everything up to <paramref name="head"/>.</summary>
    public bool TryGoLive(Subscription subscription, long head)
    {
        lock (_gate)
        {
            if (subscription.State == SubscriptionState.Behind && subscription.Queued >= head)
            {
                subscription.State = SubscriptionState.Live;
            }

            return subscription.State is SubscriptionState.Live or SubscriptionState.Ended;
        }
    }

    /// <summary>The feed went further than it can tell: what is live is read from the log now. Called under the feed's lock.</summary>
    public void FallBehind(Subscription subscription)
    {
        lock (_gate)
        {
            if (subscription.State == SubscriptionState.Live)
            {
                subscription.State = SubscriptionState.Behind;
            }
        }

        CatchUp();
    }

    /// <summary>The outbox is full: lets the queue go and keeps the cursors. Under the lock.</summary>
    private void Lag()
    {
        ports.Instruments.Lagging();
        wire.Outbox.DropPosts();
        foreach (var subscription in _subscriptions.Values)
        {
            if (subscription.State is SubscriptionState.Live or SubscriptionState.Behind)
            {
                subscription.State = SubscriptionState.Behind;
                subscription.Rewind();
            }
        }

        CatchUp();
    }

    private void CatchUp()
    {
        lock (_gate)
        {
            if (!_catchingUp && !_over)
            {
                _catchingUp = true;
                _catchUp = CatchUpAsync();
            }
        }
    }

    private async Task CatchUpAsync()
    {
        await Task.Yield();
        try
        {
            while (NextBehind() is { } subscription)
            {
                await wire.Outbox.SpaceAsync(wire.Gone);
                if (!await StepAsync(subscription))
                {
                    // The log is away: the cursor stays, and so does the connection.
                    await Task.Delay(RetryDelay, ports.Time, wire.Gone);
                }
            }
        }
        catch (OperationCanceledException) when (wire.Gone.IsCancellationRequested)
        {
            // The connection is gone.
        }
    }

    /// <summary>Brings a subscription one page further. False where the log did not tell.</summary>
    private async Task<bool> StepAsync(Subscription subscription)
    {
        try
        {
            if (subscription.MayBeOver)
            {
                return await CheckMembershipAsync(subscription);
            }

            if (ports.Rooms.GoLive(subscription, out var head))
            {
                return true;
            }

            var after = NameGap(subscription, head);
            if (subscription.MayBeOver)
            {
                return true;
            }

            var events = await ports.Rooms.ReadAsync(subscription.Room, after, _page, wire.Gone);
            foreach (var happened in events)
            {
                // Before the lock, which the room's feed may wait for: its others are not to wait for this one's page.
                happened.For(subscription.View);
            }

            if (Post(subscription, after, events))
            {
                ports.Rooms.Exit(subscription, endMembership: false, answered: null);
            }

            return events.Count > 0;
        }
        catch (Exception away) when (away is not OutOfMemoryException && !(away is OperationCanceledException && wire.Gone.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>
    /// After a gap nobody has seen whether the user's membership ended in it: not this subscription, nor a feed that passed over the same
    /// events. False where the log did not tell.
    /// </summary>
    private async Task<bool> CheckMembershipAsync(Subscription subscription)
    {
        var page = await ports.Rooms.PageAsync(subscription.Room, user, subscription.Queued, 1).WaitAsync(wire.Gone);
        if (page.Refusal == Refusal.Unavailable)
        {
            return false;
        }

        var over = false;
        lock (_gate)
        {
            subscription.MayBeOver = false;
            if (page.Refusal == Refusal.NotMember && subscription.State is SubscriptionState.Live or SubscriptionState.Behind)
            {
                over = true;
                EndMembership(subscription, told: false);
            }
        }

        if (over)
        {
            ports.Rooms.Exit(subscription, endMembership: false, answered: null);
        }

        return true;
    }

    /// <summary>A subscription that is behind, each in its turn; null, and the loop is over, where none is.</summary>
    private Subscription? NextBehind()
    {
        lock (_gate)
        {
            Subscription? next = null;
            foreach (var subscription in _subscriptions.Values)
            {
                if (subscription.State == SubscriptionState.Behind && (next is null || subscription.LastTurn < next.LastTurn))
                {
                    next = subscription;
                }
            }

            if (next is null || _over)
            {
                _catchingUp = false;
                return null;
            }

            next.LastTurn = ++_turn;
            return next;
        }
    }

    /// <summary>Names what will not be pushed, where a slow reader is further behind than it may be. Returns where to read on.</summary>
    private long NameGap(Subscription subscription, long head)
    {
        lock (_gate)
        {
            if (subscription.State == SubscriptionState.Behind && head - subscription.Queued > ports.Lag.MaxEvents)
            {
                PostGap(subscription, head - Math.Min(ports.Lag.MaxEvents, ports.Limits.ReplayEvents));
            }

            return subscription.Queued;
        }
    }

    /// <summary>Hands a page over, as far as the outbox has room. True where the user's membership ended in it.</summary>
    private bool Post(Subscription subscription, long after, IReadOnlyList<EncodedEvent> events)
    {
        lock (_gate)
        {
            if (subscription.State != SubscriptionState.Behind || subscription.Queued != after || events.Count == 0)
            {
                // It was rewound or left meanwhile: this page does not follow what is queued.
                return false;
            }

            if (events[0].Event.Seq > after + 1 && !PostGap(subscription, events[0].Event.Seq - 1))
            {
                return false;
            }

            var (posted, over) = (0, false);
            while (!over && posted < events.Count && wire.Outbox.IsRoomy
                && subscription.TryPost(wire.Outbox, events[posted].For(subscription.View), events[posted].Event.Seq))
            {
                var happened = events[posted++].Event;
                over = happened.Kind == RoomEventKind.Leave && happened.From == user && EndsWith(subscription, happened.Seq);
            }

            // So many events are read in all as are posted, times three at the most: a page that does not fit was at most twice one that did.
            _page = posted < events.Count ? Math.Max(1, posted) : Math.Min(2 * _page, ports.Options.CatchUpEvents);
            ports.Instruments.CaughtUp(posted);
            return over;
        }
    }

    /// <summary>Names what follows up to <paramref name="to"/>: too far behind, or no longer in the log. Under the lock; false where it does not fit.</summary>
    private bool PostGap(Subscription subscription, long to)
    {
        var gap = new Gap(subscription.View.Room, subscription.Queued + 1, to);
        if (!subscription.TryPost(wire.Outbox, subscription.View.Format.Encode(gap, own: false), to))
        {
            return false;
        }

        subscription.MayBeOver = true;
        ports.Instruments.Gap(gap.To - gap.From + 1);
        return true;
    }
}
