using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// How a subscription that is behind comes to the head: joining with a past, resuming after a reconnect and lagging are one thing.
/// <code>
///   Behind ──read the log after what is queued──► post as far as the outbox has room ──all the feed has?──► Live
///     ▲                                                                                                      │
///     └────────── the outbox is full: drop its posts, rewind to the cursors, every room is behind ◄──────────┘
/// </code>
/// One loop a connection serves its rooms in turn and ends when all are live; memory is one page, whatever it is behind.
/// </summary>
internal sealed partial class Session
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private Task _catchUp = Task.CompletedTask;
    private bool _catchingUp;
    private long _turn;

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
                subscription.MostBehind = ports.Lag.MaxEvents;
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
                if (ports.Rooms.GoLive(subscription, out var head))
                {
                    continue;
                }

                var after = NameGap(subscription, head);
                try
                {
                    Post(subscription, await ports.Rooms.ReadAsync(subscription.Room, after, ports.Options.CatchUpEvents, wire.Gone));
                }
                catch (Exception away) when (away is not OperationCanceledException)
                {
                    // The log is away: the cursor stays, and so does the connection.
                    await Task.Delay(RetryDelay, ports.Time, wire.Gone);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection is gone.
        }
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

    /// <summary>Names what will not be pushed, where the subscription is further behind than it may be. Returns where to read on.</summary>
    private long NameGap(Subscription subscription, long head)
    {
        lock (_gate)
        {
            var newest = Math.Min(subscription.MostBehind, ports.Limits.ReplayEvents);
            if (subscription.State == SubscriptionState.Behind && head - subscription.Queued > subscription.MostBehind)
            {
                var from = subscription.Queued + 1;
                var to = head - newest;
                var bytes = subscription.View.Format.Encode(new Gap(subscription.View.Room, from, to), own: false);
                if (subscription.TryPost(wire.Outbox, bytes, to))
                {
                    ports.Instruments.Gap(to - from + 1);
                }
            }

            return subscription.Queued;
        }
    }

    private void Post(Subscription subscription, IReadOnlyList<EncodedEvent> events)
    {
        lock (_gate)
        {
            var posted = 0;
            foreach (var happened in events)
            {
                if (subscription.State != SubscriptionState.Behind || happened.Event.Seq != subscription.Queued + 1
                    || !subscription.TryPost(wire.Outbox, happened.For(subscription.View), happened.Event.Seq))
                {
                    break;
                }

                posted++;
            }

            ports.Instruments.CaughtUp(posted);
        }
    }
}
