namespace OrleansChat.Gateway.Connections;

/// <summary>
/// What waits for one connection's writer, in order. Two kinds share the queue. <em>Answers</em> are never dropped; their number is
/// bounded because the reader stops while too many wait. <em>Posts</em> are bounded in bytes and can be dropped all at once: whoever
/// posted them can post them again from where the receipts stopped.
/// </summary>
/// <param name="postBytes">
/// Bytes of posts that may wait, what the queue itself needs for each included. While at most half of them wait, one more fits whatever
/// its size: whoever waited for <see cref="SpaceAsync"/> can go on.
/// </param>
/// <param name="answerBytes">Bytes of answers, counted likewise, above which <see cref="AnswersFitAsync"/> waits.</param>
/// <param name="due">
/// Called when something waits, or nothing more will come; then not again before the writer has found the outbox empty. Called by whoever
/// posted: it must return at once.
/// </param>
internal sealed class Outbox(int postBytes, int answerBytes, Action due)
{
    /// <summary>What an item costs beside its bytes, so that many small ones are bounded too: two bytes of an empty pong take far more.</summary>
    private const int ItemBytes = 48;

    /// <summary>Room for so many items is kept while nothing waits.</summary>
    private const int IdleItems = 4;

    private readonly Lock _gate = new();
    private readonly Signal _space = new();
    private readonly Signal _answersFit = new();
    private Queue<Item> _items = new();
    private int _posted;
    private int _answered;
    private bool _due;
    private bool _completed;

    /// <summary>Queues bytes that may be dropped. False where they do not fit, and nothing was queued.</summary>
    /// <param name="bytes">One object or line without its newline; empty moves the receipt along and writes nothing.</param>
    public bool TryPost(ReadOnlyMemory<byte> bytes, IReceipt? receipt, long position) => TryPost(new(bytes, ItemKind.Post, receipt, position));

    /// <summary>The same for a whole WebSocket frame, written as it is.</summary>
    public bool TryPostFrame(ReadOnlyMemory<byte> frame, IReceipt receipt, long position) => TryPost(new(frame, ItemKind.PostedFrame, receipt, position));

    private bool TryPost(Item item)
    {
        bool wasDue;
        lock (_gate)
        {
            if (_completed)
            {
                return true;
            }

            if (!HasSpace && _posted + item.Bytes.Length + ItemBytes > postBytes)
            {
                return false;
            }

            _posted += item.Bytes.Length + ItemBytes;
            _items.Enqueue(item);
            (wasDue, _due) = (_due, true);
        }

        if (!wasDue)
        {
            due();
        }

        return true;
    }

    /// <summary>Queues bytes that are never dropped.</summary>
    public void Answer(ReadOnlyMemory<byte> bytes) => Enqueue(bytes, ItemKind.Answer);

    /// <summary>Queues a whole WebSocket frame as it is: ping, pong, close.</summary>
    public void Frame(ReadOnlyMemory<byte> frame) => Enqueue(frame, ItemKind.Frame);

    private void Enqueue(ReadOnlyMemory<byte> bytes, ItemKind kind)
    {
        bool wasDue;
        lock (_gate)
        {
            if (_completed)
            {
                return;
            }

            _answered += bytes.Length + ItemBytes;
            _items.Enqueue(new(bytes, kind, null, 0));
            (wasDue, _due) = (_due, true);
        }

        if (!wasDue)
        {
            due();
        }
    }

    /// <summary>Drops every post that waits, or only those with one receipt. Answers stay, in their order.</summary>
    public void DropPosts(IReceipt? only = null)
    {
        lock (_gate)
        {
            var kept = new Queue<Item>();
            foreach (var item in _items)
            {
                if (item.IsPost && (only is null || ReferenceEquals(item.Receipt, only)))
                {
                    _posted -= item.Bytes.Length + ItemBytes;
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
    /// Takes the next item if it leaves the total at or under <paramref name="room"/> bytes. The first always comes: where that is false, nothing
    /// waits, and the writer is called again.
    /// </summary>
    public bool TryTake(int room, bool first, out Item item)
    {
        bool space, fit;
        lock (_gate)
        {
            if (!_items.TryPeek(out item) || (!first && item.Bytes.Length > room))
            {
                _due = !first && _due;
                if (!_due && _items.Capacity > IdleItems)
                {
                    // It may say nothing for hours now.
                    _items = new();
                }

                return false;
            }

            _items.Dequeue();
            if (item.IsPost)
            {
                _posted -= item.Bytes.Length + ItemBytes;
                item.Receipt?.Taken(item.Position);
            }
            else
            {
                _answered -= item.Bytes.Length + ItemBytes;
            }

            space = HasSpace;
            fit = _answered <= answerBytes / 2;
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

    /// <summary>Whether nothing waits and nothing more will come.</summary>
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

    /// <summary>Waits until at most half of the bytes for posts are taken. One waiter at a time.</summary>
    public ValueTask SpaceAsync(CancellationToken cancellationToken) => Until(_space, () => HasSpace, cancellationToken);

    /// <summary>Waits until the answers that wait are within their bound: the reader's brake. One waiter at a time.</summary>
    public ValueTask AnswersFitAsync(CancellationToken cancellationToken) =>
        Until(_answersFit, () => _answered <= answerBytes, cancellationToken);

    /// <summary>Whether <see cref="SpaceAsync"/> would not wait now: a reader that is fed from the log leaves the other half to what comes live.</summary>
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

    /// <summary>Under the lock.</summary>
    private bool HasSpace => _posted <= postBytes / 2;

    private async ValueTask Until(Signal signal, Func<bool> holds, CancellationToken cancellationToken)
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

    /// <summary>No more is taken in; what waits may still be taken out.</summary>
    public void Complete()
    {
        bool wasDue;
        lock (_gate)
        {
            _completed = true;
            (wasDue, _due) = (_due, true);
        }

        if (!wasDue)
        {
            due();
        }

        _space.Set();
        _answersFit.Set();
    }

    /// <summary>What an item is to the writer.</summary>
    internal enum ItemKind
    {
        /// <summary>May be dropped while it waits.</summary>
        Post,

        /// <summary>A whole frame that may be dropped while it waits.</summary>
        PostedFrame,

        /// <summary>Is never dropped.</summary>
        Answer,

        /// <summary>A whole frame, written as it is.</summary>
        Frame,
    }

    /// <summary>One thing that waits.</summary>
    internal readonly record struct Item(ReadOnlyMemory<byte> Bytes, ItemKind Kind, IReceipt? Receipt, long Position)
    {
        /// <summary>Whether it may be dropped.</summary>
        public bool IsPost => Kind is ItemKind.Post or ItemKind.PostedFrame;

        /// <summary>Whether it is a frame already.</summary>
        public bool IsFrame => Kind is ItemKind.Frame or ItemKind.PostedFrame;
    }
}
