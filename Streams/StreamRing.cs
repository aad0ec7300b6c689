using System.Diagnostics;
using System.Numerics;
using Orleans.Runtime;

namespace OrleansChat.Streams;

/// <summary>
/// What one stream's consumers have yet to take, oldest first, bounded in events. A batch leaves when every cursor has passed it, or when
/// the ring is full, whatever the cursors say. Positions rise for ever; a cursor stands at one.
/// </summary>
internal sealed class StreamRing(StreamId streamId, int capacity)
{
    private const int FewestSlots = 16;

    private readonly List<RingCursor> _cursors = [];
    private PushBatch?[] _slots = [];
    private int _events;
    private long _agedUpTo;

    public StreamId StreamId { get; } = streamId;

    /// <summary>The position of the oldest batch.</summary>
    public long First { get; private set; }

    /// <summary>The position that the next batch will get.</summary>
    public long End { get; private set; }

    /// <summary>Nothing to take and nobody to take it.</summary>
    public bool IsIdle => _cursors.Count == 0 && First == End;

    public PushBatch this[long position]
    {
        get
        {
            Debug.Assert(position >= First && position < End, "A cursor stands outside its ring.");
            return _slots[Slot(position)]!;
        }
    }

    public void Add(PushBatch batch)
    {
        _events += batch.Events.Length;
        while (_events > capacity && First < End) // A batch that alone is larger than the ring is kept alone.
        {
            foreach (var cursor in _cursors)
                cursor.Overrun(First);
            RemoveFirst();
        }

        if (End - First == _slots.Length)
            Resize(Math.Max(FewestSlots, _slots.Length * 2));
        _slots[Slot(End++)] = batch;
    }

    public void Attach(RingCursor cursor) => _cursors.Add(cursor);

    public void Detach(RingCursor cursor)
    {
        if (_cursors.Remove(cursor) && _cursors.Count > 0)
            Release();
    }

    /// <summary>Lets go of what every cursor has passed.</summary>
    public void Release()
    {
        var oldest = End;
        foreach (var cursor in _cursors)
            oldest = Math.Min(oldest, cursor.Position);
        RemoveUpTo(oldest);
    }

    /// <summary>
    /// Where nobody reads, lets go of what was there at the previous call already. A subscriber whose handshake is under way has no cursor
    /// yet, and must still find what came meanwhile.
    /// </summary>
    public void Age()
    {
        if (_cursors.Count == 0)
            RemoveUpTo(_agedUpTo);
        _agedUpTo = End;
    }

    /// <summary>The position of the first batch with this sequence or a later one.</summary>
    public long Find(long sequence)
    {
        var (low, high) = (First, End);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (this[middle].Sequence < sequence)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void RemoveUpTo(long position)
    {
        while (First < position)
            RemoveFirst();

        if (First == End && _slots.Length > FewestSlots)
            _slots = []; // A burst is over: a quiet stream costs nothing.
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
            slots[position & (length - 1)] = _slots[Slot(position)];
        _slots = slots;
    }

    private long Slot(long position)
    {
        Debug.Assert(BitOperations.IsPow2(_slots.Length), "Slots are masked, so their number is a power of two.");
        return position & (_slots.Length - 1);
    }
}
