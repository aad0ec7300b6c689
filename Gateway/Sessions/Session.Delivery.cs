using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Receives what the feeds deliver to a session. Each feed calls these methods under its lock, in order of sequence.
/// </summary>
internal sealed partial class Session
{
    /// <summary>
    /// Subscriptions that ended with the user's membership. The event that ended the membership may still wait in the
    /// connection send queue. Guarded by the lock.
    /// </summary>
    private readonly List<Subscription> _ending = [];

    /// <summary>Queues events from a feed.</summary>
    public void Offer(Subscription subscription, EncodedRun run)
    {
        lock (_gate)
        {
            // Live - queue the events, unless catching up from the log has queued them already.
            // Entering, Behind - ignore them: they will be read from the log.
            // Ended - ignore them: the feed may not have removed the subscription yet.
            if (subscription.State != SubscriptionState.Live || run.Last <= subscription.Queued)
            {
                return;
            }

            if (subscription.Queued >= run.First)
            {
                // The log was ahead of the feed when the subscription caught up. Queue only the events after the last
                // queued event.
                run = run.After(subscription.Queued);
            }

            if (!subscription.TryEnqueueFrame(connection.SendQueue, run.For(subscription.View), run.Last))
            {
                Lag();
            }
        }
    }

    /// <summary>
    /// Ends a subscription after an event that ended the user's membership. Returns true if the subscription ended. A
    /// subscription that entered after the event belongs to a newer membership and stays. The feed calls this method
    /// under its lock, after it has offered the event. The catch-up calls this method when it queues the event.
    /// </summary>
    public bool EndsWith(Subscription subscription, RoomEvent ended)
    {
        var seq = ended.Seq;
        lock (_gate)
        {
            // Entering - remember the event. The method Entered compares it with the head in the room's answer.
            // Live, Behind - end, unless the user entered after the event.
            // Ended - do nothing.
            if (subscription.State == SubscriptionState.Entering)
            {
                subscription.EndedAt = seq;
            }

            if (subscription.State is not (SubscriptionState.Live or SubscriptionState.Behind) || subscription.EnteredAt >= seq)
            {
                return false;
            }

            if (subscription.Queued < seq)
            {
                EndMembership(subscription, isInformed: false);
            }
            else
            {
                EndMembership(subscription, isInformed: true);
                if (FrameMapping.Left(ended, subscription.View.Room) is { } left)
                {
                    Answer(left, subscription.View.Format);
                }
            }

            return true;
        }
    }

    /// <summary>Ends a subscription whose user is not a member any more.</summary>
    /// <param name="isInformed">
    /// True if the event that ended the membership was queued. Otherwise an error is sent instead.
    /// </param>
    private void EndMembership(Subscription subscription, bool isInformed)
    {
        AssertLocked();
        _ending.RemoveAll(static ended => ended.IsWritten);
        if (!isInformed)
        {
            AnswerNotMember(subscription);
        }
        else if (!subscription.IsWritten)
        {
            _ending.Add(subscription);
        }

        subscription.End();
        if (_subscriptions.TryGetValue(subscription.Room, out var current) && current == subscription)
        {
            _subscriptions.Remove(subscription.Room);
        }
    }

    private void AnswerNotMember(Subscription subscription) =>
        Answer(FrameMapping.Error(null, Refusal.NotMember) with { Room = subscription.View.Room });

    /// <summary>
    /// Queues state (typing, presence, a read mark). State that does not fit is dropped, because later state replaces
    /// it.
    /// </summary>
    public void Offer(Subscription subscription, EncodedState state)
    {
        lock (_gate)
        {
            // Live, Behind - queue the state.
            // Entering - drop it: the client has not received joined for this room yet.
            // Ended - drop it: the client is not in the room any more.
            if (subscription.State is not (SubscriptionState.Live or SubscriptionState.Behind))
            {
                return;
            }

            var bytes = state.For(subscription.View);
            if (!bytes.IsEmpty)
            {
                connection.SendQueue.TryEnqueue(bytes, null, 0);
            }
        }
    }
}
