using System.Diagnostics;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Frames;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// A session's subscription to one room: its state and its cursor. Guarded by the session's lock, except the cursor,
/// which moves under the lock of the connection send queue.
/// </summary>
internal sealed class Subscription(Session session, string room, RenderKey view) : IReceipt
{
    /// <summary>The last sequence that the connection's writer has taken.</summary>
    private long _cursor;

    public Session Session => session;

    /// <summary>The room's key.</summary>
    public string Room => room;

    /// <summary>
    /// True if the client has not joined the room: the server put the session into it because of a notification, or the
    /// client resumed a direct conversation. Such a subscription can be displaced by another one.
    /// </summary>
    public bool IsUnasked { get; init; }

    /// <summary>True if a command of the client began the subscription. The command needs an answer.</summary>
    public bool IsCommand { get; init; }

    /// <summary>True if another subscription has displaced this one. Guarded by the session's lock.</summary>
    public bool IsDisplaced { get; set; }

    /// <summary>Grows with each subscription of the session. The oldest one is displaced first.</summary>
    public long Order { get; init; }

    /// <summary>How the session shows the room.</summary>
    public RenderKey View => view;

    /// <summary>The state. Only the methods of this class change it.</summary>
    public SubscriptionState State { get; private set; } = SubscriptionState.Entering;

    /// <summary>The last sequence that is in the connection send queue or was already written.</summary>
    public long Queued { get; private set; }

    /// <summary>True if the connection's writer has taken every event that was queued.</summary>
    public bool IsWritten => Volatile.Read(ref _cursor) >= Queued;

    /// <summary>
    /// Number of this subscription's last turn in the catch-up loop. Subscriptions that are behind take turns.
    /// </summary>
    public long LastTurn { get; set; }

    /// <summary>
    /// The room's head when the user entered. If an event up to this sequence ended a membership of the user, it was an
    /// earlier membership.
    /// </summary>
    public long EnteredAt { get; private set; }

    /// <summary>
    /// Sequence of an event that ended the user's membership and that the feed delivered before the room answered; 0
    /// for none.
    /// </summary>
    public long EndedAt { get; set; }

    /// <summary>
    /// True after a <c>gap</c> frame, until the session has checked whether the user's membership ended within the gap.
    /// </summary>
    public bool MayBeOver { get; set; }

    /// <summary>Called when the room has answered. Delivery starts after <paramref name="seq"/>.</summary>
    /// <param name="head">The room's head, at least <paramref name="seq"/>.</param>
    public void StartAfter(long seq, long head)
    {
        session.AssertLocked();
        Debug.Assert(State == SubscriptionState.Entering, "The room answers once, and an ended subscription does not start again.");
        _cursor = seq;
        Queued = seq;
        EnteredAt = head;
        State = SubscriptionState.Behind;
    }

    /// <summary>
    /// Makes the subscription live if everything up to <paramref name="head"/> is queued. Returns true if the
    /// subscription is live or has ended.
    /// </summary>
    public bool TryGoLive(long head)
    {
        session.AssertLocked();

        // Behind - live if nothing is missing; otherwise it must catch up.
        // Live, Ended - do nothing.
        // Entering - cannot occur: the session calls this method only after the room has answered.
        if (State == SubscriptionState.Behind && Queued >= head)
        {
            State = SubscriptionState.Live;
        }

        return State is SubscriptionState.Live or SubscriptionState.Ended;
    }

    /// <summary>Called when the feed skips events. A live subscription reads the skipped events from the log.</summary>
    public void FallBehind()
    {
        session.AssertLocked();

        // Live - read from the log from now on.
        // Behind - the subscription already reads from the log.
        // Entering - the subscription will read from the log if it is not at the head.
        // Ended - do nothing.
        if (State == SubscriptionState.Live)
        {
            State = SubscriptionState.Behind;
        }
    }

    /// <summary>
    /// Called when the send queue has dropped the subscription's events. Events that were not written must be read from
    /// the log and queued again.
    /// </summary>
    public void Rewind()
    {
        session.AssertLocked();

        // Live, Behind - the queued events were dropped: go back to the cursor.
        // Entering, Ended - no event is queued.
        if (State is SubscriptionState.Live or SubscriptionState.Behind)
        {
            State = SubscriptionState.Behind;
            Queued = Volatile.Read(ref _cursor);
        }
    }

    /// <summary>
    /// Queues an event, or a <c>gap</c> up to <paramref name="seq"/>. Returns false if it does not fit.
    /// </summary>
    public bool TryEnqueue(ConnectionSendQueue sendQueue, ReadOnlyMemory<byte> bytes, long seq)
    {
        if (!sendQueue.TryEnqueue(bytes, this, seq))
        {
            return false;
        }

        Queued = seq;
        return true;
    }

    /// <summary>Queues the frame of a run. Returns false if it does not fit.</summary>
    public bool TryEnqueueFrame(ConnectionSendQueue sendQueue, ReadOnlyMemory<byte> frame, long seq)
    {
        if (!sendQueue.TryEnqueueFrame(frame, this, seq))
        {
            return false;
        }

        Queued = seq;
        return true;
    }

    /// <summary>Ends the subscription. Returns its cursor; null if the room had not answered yet.</summary>
    public long? End()
    {
        session.AssertLocked();
        var entered = State != SubscriptionState.Entering;
        State = SubscriptionState.Ended;
        return entered ? Volatile.Read(ref _cursor) : null;
    }

    void IReceipt.Taken(long position) => Volatile.Write(ref _cursor, position);
}

/// <summary>
/// The states of a subscription.
/// <code>
///   Entering ──► Behind ◄──► Live
///       └──────────┴──────────┴────► Ended
/// </code>
/// </summary>
internal enum SubscriptionState
{
    /// <summary>The room has not answered the enter command yet.</summary>
    Entering,

    /// <summary>
    /// Events are read from the message log: the subscription has just started, the send queue was full, or the feed
    /// skipped events.
    /// </summary>
    Behind,

    /// <summary>Events are delivered by the room's feed as they occur.</summary>
    Live,

    /// <summary>
    /// The client left or joined again, the room refused the join, another subscription displaced this one, or the
    /// session or the membership ended. This state is final.
    /// </summary>
    Ended,
}
