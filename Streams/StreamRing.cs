using System.Diagnostics;
using System.Numerics;

namespace OrleansChat.Streams;

/// <summary>
/// The batches of one stream that its consumers have not taken yet, oldest first, up to <paramref name="capacity"/>
/// events. Every batch has a position; positions only rise. A cursor holds the position of one consumer.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Make space (<see cref="Add"/>): while the ring has more events than its capacity, drop the oldest batch. A
/// cursor that has not passed that batch loses the events of the batch (<see cref="RingCursor.Overrun"/>).</item>
/// <item>Add: store the batch at <see cref="End"/>.</item>
/// <item>Read (<see cref="RingCursor.MoveNext"/>): a cursor takes batches from its position up to
/// <see cref="End"/>.</item>
/// <item>Release (<see cref="Release"/>): drop the batches that every cursor has passed.</item>
/// <item>Age (<see cref="Age"/>): if there is no cursor, drop the batches that were already in the ring at the previous
/// call of <see cref="Age"/>.</item>
/// </list>
/// </remarks>
internal sealed class StreamRing(StreamId streamId, int capacity)
{
    private const int MinSlots = 16;

    private readonly List<RingCursor> _cursors = [];
    private PushBatch?[] _slots = [];
    private int _events;
    private long _agedUpTo;

    public StreamId StreamId { get; } = streamId;

    /// <summary>The position of the oldest batch.</summary>
    public long First { get; private set; }

    /// <summary>The position that the next batch will get.</summary>
    public long End { get; private set; }

    /// <summary>Whether the ring has neither batches nor cursors.</summary>
    public bool IsIdle => _cursors.Count == 0 && First == End;

    public PushBatch this[long position]
    {
        get
        {
            Debug.Assert(position >= First && position < End, "A cursor is outside its ring.");
            return _slots[Slot(position)]!;
        }
    }

    public void Add(PushBatch batch)
    {
        // Step 1: make space. A batch that is larger than the capacity is kept, alone.
        _events += batch.Events.Length;
        while (_events > capacity && First < End)
        {
            foreach (var cursor in _cursors)
            {
                cursor.Overrun(First);
            }

            RemoveFirst();
        }

        // Step 2: add.
        if (End - First == _slots.Length)
        {
            Resize(Math.Max(MinSlots, _slots.Length * 2));
        }

        _slots[Slot(End++)] = batch;
    }

    public void Attach(RingCursor cursor) => _cursors.Add(cursor);

    public void Detach(RingCursor cursor)
    {
        if (_cursors.Remove(cursor) && _cursors.Count > 0)
        {
            Release();
        }
    }

    /// <summary>Drops the batches that every cursor has passed.</summary>
    public void Release()
    {
        // Step 4: release.
        var oldest = End;
        foreach (var cursor in _cursors)
        {
            oldest = Math.Min(oldest, cursor.Position);
        }

        RemoveUpTo(oldest);
    }

    /// <summary>
    /// If there is no cursor, drops the batches that were already in the ring at the previous call. Newer batches stay
    /// for a subscriber that has no cursor yet because its handshake with the pulling agent is still in progress.
    /// </summary>
    public void Age()
    {
        // Step 5: age.
        if (_cursors.Count == 0)
        {
            RemoveUpTo(_agedUpTo);
        }

        _agedUpTo = End;
    }

    /// <summary>
    /// Returns the position of the first batch with this sequence or a later sequence; <see cref="End"/> if there is no
    /// such batch.
    /// </summary>
    public long Find(long sequence)
    {
        var (low, high) = (First, End);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (this[middle].Sequence < sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void RemoveUpTo(long position)
    {
        while (First < position)
        {
            RemoveFirst();
        }

        if (First == End && _slots.Length > MinSlots)
        {
            _slots = []; // Free the slots after a burst: a quiet stream needs no memory.
        }
    }

    private void RemoveFirst()
    {
        ref var slot = ref _slots[Slot(First++)];
        _events -= slot!.Events.Length;
        slot = null;
    }

    private void Resize(int length)
    {
        var slots = new PushBatch?[length];
        for (var position = First; position < End; position++)
        {
            slots[position & (length - 1)] = _slots[Slot(position)];
        }

        _slots = slots;
    }

    private long Slot(long position)
    {
        Debug.Assert(BitOperations.IsPow2(_slots.Length), "The number of slots must be a power of two, because positions are masked.");
        return position & (_slots.Length - 1);
    }
}
