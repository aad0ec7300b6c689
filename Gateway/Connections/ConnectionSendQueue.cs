namespace OrleansChat.Gateway.Connections;

/// <summary>
/// The send queue of one connection: the items that wait for the connection's writer, in order. There are two kinds of
/// items: answers and events.
/// <para>Answers are never dropped. Pings, pongs and close frames count as answers here. The bytes of answers are
/// bounded, because the connection's reader stops while too many answers wait.</para>
/// <para>Events are bounded in bytes, and the session can drop all waiting events. Presence, marks and typing count as
/// events here. After a drop, the session can queue the events of a room again. The session continues after the last
/// event that the writer took (<see cref="IReceipt"/>).</para>
/// </summary>
/// <param name="eventBytes">
/// Maximum bytes of waiting events, including the queue's own memory. While the waiting events take at most half of
/// this maximum, one more event fits, whatever its size. So after <see cref="SpaceAsync"/>, a caller can always queue
/// one event.
/// </param>
/// <param name="answerBytes">
/// Bound of the waiting answers, in bytes, including the queue's own memory. If the waiting answers take more,
/// <see cref="AnswersFitAsync(CancellationToken)"/> waits.
/// </param>
/// <param name="due">
/// Schedules the writer. Called if the writer is not scheduled when an item is queued or the queue is completed. The
/// writer stays scheduled until it finds the queue empty. The callback runs on the thread that queues the item, so it
/// must return at once.
/// </param>
internal sealed class ConnectionSendQueue(int eventBytes, int answerBytes, Action due)
{
    /// <summary>
    /// Memory, in bytes, that an item takes in addition to its own bytes. Both bounds count this memory, because even
    /// an item of two bytes, such as an empty pong, takes this memory.
    /// </summary>
    private const int ItemBytes = 48;

    /// <summary>If the queue is empty and has capacity for more items than this, it releases its memory.</summary>
    private const int IdleItems = 4;

    private readonly Lock _gate = new();
    private readonly SingleWaiterAutoResetEvent _space = new();
    private readonly SingleWaiterAutoResetEvent _answersFit = new();
    private Queue<Item> _items = new();
    private int _eventBytes;
    private int _answerBytes;
    private bool _isScheduled;
    private bool _completed;

    /// <summary>Queues bytes that may be dropped. Returns false, and queues nothing, if they do not fit.</summary>
    /// <param name="bytes">
    /// One JSON object or one line of text, without a newline. If there are no bytes, nothing is written, but the
    /// receipt still gets the position.
    /// </param>
    public bool TryEnqueue(ReadOnlyMemory<byte> bytes, IReceipt? receipt, long position) => TryEnqueue(new(bytes, ItemKind.Event, receipt, position));

    /// <summary>
    /// Like <see cref="TryEnqueue(ReadOnlyMemory{byte}, IReceipt, long)"/>, but for a whole WebSocket frame, which is
    /// written unchanged.
    /// </summary>
    public bool TryEnqueueFrame(ReadOnlyMemory<byte> frame, IReceipt receipt, long position) => TryEnqueue(new(frame, ItemKind.EventFrame, receipt, position));

    private bool TryEnqueue(Item item)
    {
        bool wasDue;
        lock (_gate)
        {
            if (_completed)
            {
                // The connection is ending, so the event is not needed. If this method returned false, the connection
                // would count as lagging.
                return true;
            }

            if (!HasSpace && _eventBytes + item.Bytes.Length + ItemBytes > eventBytes)
            {
                return false;
            }

            _eventBytes += item.Bytes.Length + ItemBytes;
            _items.Enqueue(item);
            (wasDue, _isScheduled) = (_isScheduled, true);
        }

        if (!wasDue)
        {
            due();
        }

        return true;
    }

    /// <summary>Queues bytes that are never dropped.</summary>
    public void EnqueueAnswer(ReadOnlyMemory<byte> bytes) => Enqueue(bytes, ItemKind.Answer);

    /// <summary>Queues a whole WebSocket frame that is never dropped: ping, pong or close.</summary>
    public void EnqueueFrame(ReadOnlyMemory<byte> frame) => Enqueue(frame, ItemKind.Frame);

    private void Enqueue(ReadOnlyMemory<byte> bytes, ItemKind kind)
    {
        bool wasDue;
        lock (_gate)
        {
            if (_completed)
            {
                return;
            }

            _answerBytes += bytes.Length + ItemBytes;
            _items.Enqueue(new(bytes, kind, null, 0));
            (wasDue, _isScheduled) = (_isScheduled, true);
        }

        if (!wasDue)
        {
            due();
        }
    }

    /// <summary>
    /// Drops all waiting events. If <paramref name="only"/> is given, drops only the events that were queued with this
    /// receipt. Answers stay, in their order.
    /// </summary>
    public void DropEvents(IReceipt? only = null)
    {
        lock (_gate)
        {
            var kept = new Queue<Item>();
            foreach (var item in _items)
            {
                if (item.IsEvent && (only is null || ReferenceEquals(item.Receipt, only)))
                {
                    _eventBytes -= item.Bytes.Length + ItemBytes;
                }
                else
                {
                    kept.Enqueue(item);
                }
            }

            _items = kept;
        }

        _space.Set();
    }

    /// <summary>
    /// Takes the next item if it has at most <paramref name="room"/> bytes, or if <paramref name="first"/> is true. If
    /// this method returns false although <paramref name="first"/> is true, the queue is empty, and the writer must
    /// stop. The next queued item schedules the writer again.
    /// </summary>
    /// <param name="room">Number of bytes for which the writer's batch still has space.</param>
    /// <param name="first">True if the batch is empty.</param>
    public bool TryTake(int room, bool first, out Item item)
    {
        bool space, fit;
        lock (_gate)
        {
            if (!_items.TryPeek(out item) || (!first && item.Bytes.Length > room))
            {
                _isScheduled = !first && _isScheduled;
                if (!_isScheduled && _items.Capacity > IdleItems)
                {
                    // The connection may be idle for hours, so release the memory.
                    _items = new();
                }

                return false;
            }

            _items.Dequeue();
            if (item.IsEvent)
            {
                _eventBytes -= item.Bytes.Length + ItemBytes;
                item.Receipt?.Taken(item.Position);
            }
            else
            {
                _answerBytes -= item.Bytes.Length + ItemBytes;
            }

            space = HasSpace;
            fit = _answerBytes <= answerBytes / 2;
        }

        if (space)
        {
            _space.Set();
        }

        if (fit)
        {
            _answersFit.Set();
        }

        return true;
    }

    /// <summary>True if the queue is completed and empty.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate)
            {
                return _completed && _items.Count == 0;
            }
        }
    }

    /// <summary>
    /// Waits until the waiting events take at most half of their maximum bytes. Only one caller may wait at a time.
    /// </summary>
    public ValueTask SpaceAsync(CancellationToken cancellationToken) => Until(_space, () => HasSpace, cancellationToken);

    /// <summary>
    /// Returns at once if the waiting answers are within their bound. Otherwise waits until half of the bound is free.
    /// The connection's reader waits here, and reads nothing more meanwhile. This slows the peer down. Only one caller
    /// may wait at a time.
    /// </summary>
    public ValueTask AnswersFitAsync(CancellationToken cancellationToken) => AnswersFitAsync(0, cancellationToken);

    /// <summary>
    /// Like <see cref="AnswersFitAsync(CancellationToken)"/>, but waits until one more answer fits within the bound.
    /// </summary>
    /// <param name="coming">
    /// Bytes of the additional answer. Any answer fits while the waiting answers take at most half of the bound.
    /// </param>
    public ValueTask AnswersFitAsync(int coming, CancellationToken cancellationToken) =>
        Until(_answersFit, () => _answerBytes <= Math.Max(answerBytes / 2, answerBytes - coming), cancellationToken);

    /// <summary>True if the waiting answers take at most half of their bound.</summary>
    public bool HasFewAnswers
    {
        get
        {
            lock (_gate)
            {
                return _answerBytes <= answerBytes / 2;
            }
        }
    }

    /// <summary>
    /// True if the waiting events take at most half of their maximum bytes, so that <see cref="SpaceAsync"/> would not
    /// wait. Events from the message log are queued only while this is true. The other half stays free for live events.
    /// </summary>
    public bool IsRoomy
    {
        get
        {
            lock (_gate)
            {
                return HasSpace;
            }
        }
    }

    /// <summary>The caller must hold the lock.</summary>
    private bool HasSpace => _eventBytes <= eventBytes / 2;

    private async ValueTask Until(SingleWaiterAutoResetEvent signal, Func<bool> holds, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_completed || holds())
                {
                    return;
                }
            }

            await signal.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Completes the queue: later items are ignored. Items that wait can still be taken.</summary>
    public void Complete()
    {
        bool wasDue;
        lock (_gate)
        {
            _completed = true;
            (wasDue, _isScheduled) = (_isScheduled, true);
        }

        if (!wasDue)
        {
            due();
        }

        _space.Set();
        _answersFit.Set();
    }

    internal enum ItemKind
    {
        /// <summary>A JSON object or a line of text that may be dropped while it waits.</summary>
        Event,

        /// <summary>A whole WebSocket frame that may be dropped while it waits.</summary>
        EventFrame,

        /// <summary>A JSON object or a line of text that is never dropped.</summary>
        Answer,

        /// <summary>A whole WebSocket frame that is never dropped.</summary>
        Frame,
    }

    internal readonly record struct Item(ReadOnlyMemory<byte> Bytes, ItemKind Kind, IReceipt? Receipt, long Position)
    {
        /// <summary>True if the item may be dropped.</summary>
        public bool IsEvent => Kind is ItemKind.Event or ItemKind.EventFrame;

        public bool IsFrame => Kind is ItemKind.Frame or ItemKind.EventFrame;
    }
}
