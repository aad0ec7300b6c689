using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>What an edit, a deletion or a reaction must know of the event it refers to.</summary>
/// <param name="IsMessage">False for events that are no messages: nothing may refer to them.</param>
internal readonly record struct Target(string Author, bool IsMessage, bool Deleted)
{
    /// <summary>As the log shows it: a message without a text is a deleted one.</summary>
    public static Target Of(RoomEvent shown)
        => new(shown.From, shown.Kind == RoomEventKind.Msg, shown is { Kind: RoomEventKind.Msg, Text: null });
}

/// <summary>The newest events of a room by sequence, as far as others may refer to them. Bounded: the first that came goes first.</summary>
internal sealed class RecentMessages(int most)
{
    private readonly Dictionary<long, Target> _targets = [];
    private readonly Queue<long> _order = [];

    public bool TryGet(long seq, out Target target) => _targets.TryGetValue(seq, out target);

    public void Set(long seq, Target target)
    {
        if (_targets.TryAdd(seq, target))
        {
            _order.Enqueue(seq);
            if (_order.Count > most)
            {
                _targets.Remove(_order.Dequeue());
            }
        }
        else
        {
            _targets[seq] = target;
        }
    }

    public void Delete(long seq)
    {
        if (_targets.TryGetValue(seq, out var target))
        {
            _targets[seq] = target with { Deleted = true };
        }
    }

    public void Clear()
    {
        _targets.Clear();
        _order.Clear();
    }
}
