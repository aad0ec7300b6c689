using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// If a subscription is behind, reads events from the log until the subscription is at the head. The same code handles
/// a join that requests earlier events, a resume after a reconnect, and lag.
/// <code>
///   Behind ──read the next page from the log────► queue what fits ──everything the feed has is queued──► Live
///     ▲                                                                                                    │
///     └────────── the send queue is full: drop its events, rewind to the cursors, all rooms are behind ◄────┘
/// </code>
/// Each session has one loop, which serves its rooms in turn and ends when all rooms are live. The loop uses the memory
/// of one page, however far behind a room is, and reads the log no faster than the client reads.
/// </summary>
/// <remarks>
/// A turn of the loop:
/// <list type="number">
/// <item>Of the subscriptions that are behind, take the one whose last turn is the oldest. If no subscription is
/// behind, end.</item>
/// <item>Wait until half of the send queue's bytes for events are free.</item>
/// <item>If a <c>gap</c> was queued, check whether the user's membership ended within the gap.</item>
/// <item>If everything that the feed has delivered is queued, make the subscription live.</item>
/// <item>If the subscription is too far behind, queue a <c>gap</c> and continue near the head.</item>
/// <item>Read the page that follows the last queued event, and encode it without the lock.</item>
/// <item>Queue as many events of the page as fit. If one of them ended the user's membership, end the
/// subscription.</item>
/// <item>If the log could not be read, or returned no events, wait before the next turn.</item>
/// </list>
/// </remarks>
internal sealed partial class Session
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);
    private Task _catchUp = Task.CompletedTask;
    private bool _catchingUp;
    private long _turn;

    /// <summary>
    /// Number of events to read next. It is adjusted to the number of events that fit into the send queue, because
    /// events that do not fit are read again.
    /// </summary>
    private int _page = services.Options.CatchUpEvents;

    /// <summary>Makes a subscription live if it is at the head; otherwise starts to catch up.</summary>
    private void Follow(Subscription subscription)
    {
        if (!services.Rooms.GoLive(subscription, out _))
        {
            CatchUp();
        }
    }

    /// <summary>
    /// Makes a subscription live if everything up to <paramref name="head"/> is queued. Returns true if the
    /// subscription is live or has ended. Called under the feed's lock, so no event can be delivered between the check
    /// and the change.
    /// </summary>
    public bool TryGoLive(Subscription subscription, long head)
    {
        lock (_gate)
        {
            return subscription.TryGoLive(head);
        }
    }

    /// <summary>
    /// Called when the feed skips events without delivering them. If the subscription is live, it reads the skipped
    /// events from the log. Called under the feed's lock.
    /// </summary>
    public void FallBehind(Subscription subscription)
    {
        lock (_gate)
        {
            subscription.FallBehind();
        }

        CatchUp();
    }

    /// <summary>
    /// Handles a full send queue. Drops the waiting events of all rooms, and moves each subscription back to its
    /// cursor.
    /// </summary>
    private void Lag()
    {
        AssertLocked();
        services.Instruments.Lagging();
        connection.SendQueue.DropEvents();
        foreach (var subscription in _subscriptions.Values)
        {
            subscription.Rewind();
        }

        // If the dropped events include the event that ended a membership, the client gets an error instead. A client
        // that has joined the room again needs no error.
        foreach (var ended in _ending)
        {
            if (!ended.IsWritten && !_subscriptions.ContainsKey(ended.Room))
            {
                AnswerNotMember(ended);
            }
        }

        _ending.Clear();
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
            // Step 1: Choose a subscription.
            while (NextBehind() is { } subscription)
            {
                // Step 2: Wait for space in the send queue.
                await connection.SendQueue.SpaceAsync(connection.Gone);

                // Steps 3 to 7.
                if (!await StepAsync(subscription))
                {
                    // Step 8: Try again later. The cursor and the connection stay as they are.
                    await Task.Delay(RetryDelay, services.Time, connection.Gone);
                }
            }
        }
        catch (OperationCanceledException) when (connection.Gone.IsCancellationRequested)
        {
            // The connection is gone.
        }
    }

    /// <summary>
    /// Brings a subscription forward by up to one page. Returns false if the log could not be read, or returned no
    /// events.
    /// </summary>
    private async Task<bool> StepAsync(Subscription subscription)
    {
        try
        {
            // Step 3: Check the membership after a gap.
            if (subscription.MayBeOver)
            {
                return await CheckMembershipAsync(subscription);
            }

            // Step 4: If nothing is missing, make the subscription live.
            if (services.Rooms.GoLive(subscription, out var head))
            {
                return true;
            }

            // Step 5: If the subscription is too far behind, queue a gap. A gap may hide the end of the membership, so
            // stop here: the next call for this subscription begins with step 3, which checks the membership.
            var after = NameGap(subscription, head);
            if (subscription.MayBeOver)
            {
                return true;
            }

            // Step 6: Read and encode a page.
            var events = await services.History.ReadAsync(subscription.Room, after, _page, connection.Gone);
            foreach (var happened in events)
            {
                // Encode the page before the session's lock is taken. A feed that delivers to this session waits for
                // the lock, and the other subscriptions of that feed then wait too.
                happened.For(subscription.View);
            }

            // Step 7: Queue what fits.
            if (TryEnqueue(subscription, after, events))
            {
                services.Rooms.Exit(subscription, answered: null);
            }

            return events.Count > 0;
        }
        catch (Exception exception) when (!(exception is OperationCanceledException && connection.Gone.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>
    /// Checks whether the user's membership ended within a gap. The check is necessary because the subscription skips
    /// the events in the gap, and the feed may have skipped them too. Returns false if the log could not be read.
    /// </summary>
    private async Task<bool> CheckMembershipAsync(Subscription subscription)
    {
        var page = await services.History.PageAsync(new(subscription.Room, user, subscription.Queued, 1, Whole: 0, ClaimedIn(subscription.Room)), connection.Gone).WaitAsync(connection.Gone);
        if (page.Refusal == Refusal.Unavailable)
        {
            return false;
        }

        var over = false;
        lock (_gate)
        {
            subscription.MayBeOver = false;
            if (IsOver(subscription.Room, page.Refusal) && subscription.State is SubscriptionState.Live or SubscriptionState.Behind)
            {
                over = true;
                EndMembership(subscription, isInformed: false);
            }
        }

        if (over)
        {
            services.Rooms.Exit(subscription, answered: null);
        }

        return true;
    }

    /// <summary>
    /// Whether a refused page shows that the user may not read the room any more. For users who may not read it, a
    /// private group answers as if it did not exist.
    /// </summary>
    private static bool IsOver(string room, Refusal? refusal) =>
        refusal is Refusal.NotMember or Refusal.Invited or Refusal.Forbidden || (refusal == Refusal.NotFound && RoomKey.IsPrivate(room));

    /// <summary>
    /// Of the subscriptions that are behind, returns the one whose last turn is the oldest. If no subscription is
    /// behind, or the session is closed, returns null, and the loop must end.
    /// </summary>
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

    /// <summary>
    /// Queues a <c>gap</c> if the subscription is more than MaxLagEvents behind. Returns the sequence after which the
    /// next page begins.
    /// </summary>
    private long NameGap(Subscription subscription, long head)
    {
        lock (_gate)
        {
            if (subscription.State == SubscriptionState.Behind && head - subscription.Queued > services.Options.MaxLagEvents)
            {
                TryEnqueueGap(subscription, head - Math.Min(services.Options.MaxLagEvents, services.Limits.ReplayEvents));
            }

            return subscription.Queued;
        }
    }

    /// <summary>Queues as many events as fit. Returns true if one of them ended the user's membership.</summary>
    private bool TryEnqueue(Subscription subscription, long after, IReadOnlyList<EncodedEvent> events)
    {
        lock (_gate)
        {
            if (subscription.State != SubscriptionState.Behind || subscription.Queued != after || events.Count == 0)
            {
                // The page is empty, or the subscription ended or was rewound during the read. After a rewind, the page
                // does not follow the last queued event.
                return false;
            }

            // If events are missing before the first event of the page, the log no longer has them.
            if (events[0].Event.Seq > after + 1 && !TryEnqueueGap(subscription, events[0].Event.Seq - 1))
            {
                return false;
            }

            var (posted, over) = (0, false);
            while (!over && posted < events.Count && connection.SendQueue.IsRoomy
                && subscription.TryEnqueue(connection.SendQueue, events[posted].For(subscription.View), events[posted].Event.Seq))
            {
                var happened = events[posted++].Event;
                over = MemberChange.Ended(happened) == user && EndsWith(subscription, happened);
            }

            // Some events are read from the log more than once, because they did not fit the first time. After a page
            // that fitted, the next page has at most twice as many events. After a page that did not fit, the next page
            // has only as many events as did fit, but at least one. So the loop usually reads at most three events for
            // each event that it queues.
            _page = posted < events.Count ? Math.Max(1, posted) : Math.Min(2 * _page, services.Options.CatchUpEvents);
            services.Instruments.CaughtUp(posted);
            return over;
        }
    }

    /// <summary>
    /// Queues a <c>gap</c> for all events up to <paramref name="to"/>, because they are too far behind the head or no
    /// longer in the log. Returns false if the <c>gap</c> does not fit.
    /// </summary>
    private bool TryEnqueueGap(Subscription subscription, long to)
    {
        AssertLocked();
        var gap = new Gap(subscription.View.Room, subscription.Queued + 1, to);
        if (!subscription.TryEnqueue(connection.SendQueue, subscription.View.Format.Encode(gap, own: false), to))
        {
            return false;
        }

        subscription.MayBeOver = true;
        services.Instruments.Gap(gap.To - gap.From + 1);
        return true;
    }
}
