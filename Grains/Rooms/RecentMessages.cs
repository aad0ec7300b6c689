using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The facts about an event that decide whether another event, such as an edit or a reaction, may refer to it.
/// </summary>
/// <param name="IsMessage">
/// False for an event that is not a message. No edit, deletion, reaction or pin may refer to such an event.
/// </param>
internal readonly record struct Target(string Author, bool IsMessage, bool Deleted)
{
    /// <summary>Takes the facts from an event. A message without text is a deleted message.</summary>
    public static Target From(RoomEvent shown)
        => new(shown.From, shown.Kind == RoomEventKind.Msg, shown is { Kind: RoomEventKind.Msg, Text: null });
}

/// <summary>
/// A cache of facts about events that this activation committed or looked up, by sequence. If it has more than
/// <paramref name="most"/> events, the event that was added first is removed.
/// </summary>
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
