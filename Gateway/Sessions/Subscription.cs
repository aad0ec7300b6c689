using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// A session's subscription to one room: its state and its cursor. Guarded by the session's lock. The cursor moves
/// under the lock of the connection send queue.
/// </summary>
internal sealed class Subscription(Session session, string room, RenderKey view) : IReceipt
{
    /// <summary>The last sequence that the connection's writer has taken.</summary>
    private long _cursor;

    public Session Session => session;

    /// <summary>The room's key.</summary>
    public string Room => room;

    /// <summary>How the session shows the room.</summary>
    public RenderKey View => view;

    /// <summary>The state. The session sets it, under its lock.</summary>
    public SubscriptionState State { get; set; } = SubscriptionState.Entering;

    /// <summary>The last sequence in the connection send queue or already written.</summary>
    public long Queued { get; private set; }

    /// <summary>The turn in which it was last read for, so that subscriptions that are behind take turns.</summary>
    public long LastTurn { get; set; }

    /// <summary>
    /// The room's head when the user entered. An end of membership up to it belongs to an earlier membership.
    /// </summary>
    public long EnteredAt { get; private set; }

    /// <summary>
    /// Sequence of an end of the user's membership that the feed delivered before the room answered; 0 for none.
    /// </summary>
    public long EndedAt { get; set; }

    /// <summary>
    /// True after a <c>gap</c> frame, until it is checked whether the user's membership ended within the gap.
    /// </summary>
    public bool MayBeOver { get; set; }

    /// <summary>Sets the position after which delivery starts: the room's head, or a sequence before it.</summary>
    public void StartAfter(long seq, long head)
    {
        _cursor = seq;
        Queued = seq;
        EnteredAt = head;
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

    /// <summary>
    /// Moves back to the cursor after the send queue dropped its posts: what was not written must be queued again.
    /// </summary>
    public void Rewind() => Queued = Volatile.Read(ref _cursor);

    /// <summary>Ends the subscription. Returns its cursor; null if the room had not answered yet.</summary>
    public long? End()
    {
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

    /// <summary>Events are read from the message log: the subscription resumes, or the send queue was full.</summary>
    Behind,

    /// <summary>Events are delivered by the room's feed as they occur.</summary>
    Live,

    /// <summary>Left, refused, replaced by another join, or the session or the membership has ended. Final.</summary>
    Ended,
}
