using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// A session's view of one room, with its cursor. Guarded by the session's lock, but for the cursor, which moves under the outbox's.
/// </summary>
internal sealed class Subscription(Session session, string room, View view) : IReceipt
{
    private long _cursor;

    /// <summary>Whose it is.</summary>
    public Session Session => session;

    /// <summary>The room's key.</summary>
    public string Room => room;

    /// <summary>How it is seen.</summary>
    public View View => view;

    /// <summary>Where it stands.</summary>
    public SubscriptionState State { get; set; } = SubscriptionState.Entering;

    /// <summary>The last sequence handed to the outbox.</summary>
    public long Queued { get; private set; }

    /// <summary>When it was last read for, so that rooms that are behind take turns.</summary>
    public long LastTurn { get; set; }

    /// <summary>The room's head when it was let in: an end of membership up to there is of an earlier one.</summary>
    public long EnteredAt { get; private set; }

    /// <summary>An end of the user's membership that the feed told while the room had not answered yet; 0 for none.</summary>
    public long EndedAt { get; set; }

    /// <summary>True after a gap: the end of the user's membership may lie in it.</summary>
    public bool MayBeOver { get; set; }

    /// <summary>Starts after this sequence, at the room's head or before it.</summary>
    public void StartAfter(long seq, long head)
    {
        _cursor = seq;
        Queued = seq;
        EnteredAt = head;
    }

    /// <summary>Hands an event, or a gap up to it, to the outbox. False where it does not fit.</summary>
    public bool TryPost(Outbox outbox, ReadOnlyMemory<byte> bytes, long seq)
    {
        if (!outbox.TryPost(bytes, this, seq))
        {
            return false;
        }

        Queued = seq;
        return true;
    }

    /// <summary>Hands a run's frame to the outbox. False where it does not fit.</summary>
    public bool TryPostFrame(Outbox outbox, ReadOnlyMemory<byte> frame, long seq)
    {
        if (!outbox.TryPostFrame(frame, this, seq))
        {
            return false;
        }

        Queued = seq;
        return true;
    }

    /// <summary>After the outbox dropped its posts: what was not taken has to be posted again.</summary>
    public void Rewind() => Queued = Volatile.Read(ref _cursor);

    /// <summary>It is over. Returns the last sequence on the wire; null where it never got so far as to have one.</summary>
    public long? End()
    {
        var entered = State != SubscriptionState.Entering;
        State = SubscriptionState.Ended;
        return entered ? Volatile.Read(ref _cursor) : null;
    }

    void IReceipt.Taken(long position) => Volatile.Write(ref _cursor, position);
}

/// <summary>The life of a subscription: Entering → Behind ⇄ Live → Ended, and from any state to Ended.</summary>
internal enum SubscriptionState
{
    /// <summary>The room was asked and has not answered.</summary>
    Entering,

    /// <summary>Fed from the log: after a join with a past, or after the outbox was full.</summary>
    Behind,

    /// <summary>Fed by the room's feed as events come.</summary>
    Live,

    /// <summary>Left, refused, or the session is over.</summary>
    Ended,
}
