using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Memory;

/// <summary>The pins of the room, and reads of selected events.</summary>
internal sealed partial class MemoryRoom
{
    private readonly SortedSet<long> _pins = [];

    public SelectedPage Select(SelectedRange range)
    {
        lock (_gate)
        {
            var inRange = Selected(range.Of).Where(seq => seq > range.After && seq < range.Before);
            var left = new Queue<long>(range.FromEnd ? inRange.Reverse() : inRange);
            var events = new List<RoomEvent>();
            for (var bytes = 0L; events.Count < range.Limit && bytes < range.Bytes && left.TryDequeue(out var seq);)
            {
                events.Add(_rows[(int)seq - 1].Shown(seq));
                bytes += EventBytes.Count(events[^1]);
            }

            if (range.FromEnd)
            {
                events.Reverse();
            }

            return new(events, left.Count > 0);
        }
    }

    public IReadOnlyList<long> Pins()
    {
        lock (_gate)
        {
            return [.. _pins];
        }
    }

    private IEnumerable<long> Selected(EventSelection of) => of.Kind switch
    {
        SelectionKind.Replies => RepliesTo(of.Message).Select(seq => (long)seq),
        SelectionKind.Pins => _pins,
        SelectionKind.Changes => _rows.Index().Where(row => RoomRules.IsChange(row.Item.Entry.Kind)).Select(row => row.Index + 1L),
        _ => throw new ArgumentOutOfRangeException(nameof(of), of, null),
    };

    private void ApplyToPins(MessageLogEntry entry)
    {
        if (entry.Kind != RoomEventKind.Pin)
        {
            _pins.Remove(entry.Ref ?? 0);
        }
        else if (Message(entry.Ref) is { Deleted: false })
        {
            _pins.Add(entry.Ref!.Value);
        }
    }
}
