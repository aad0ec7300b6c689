using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>What one append carries: sealed, it does not change any more.</summary>
internal sealed class RoomBatch
{
    private readonly HashSet<(string User, string ClientId)> _ids = [];
    private readonly HashSet<long> _deleted = [];

    public List<WaitingEntry> Entries { get; } = [];

    /// <summary>Those whose message was deleted while they waited: they are answered, not appended.</summary>
    public List<WaitingEntry> TargetGone { get; } = [];

    /// <summary>
    /// False for an entry that must wait for the next batch: one whose client id is in this batch already (the log will then know it), and
    /// one that refers to a message which this batch deletes (it will then be found gone).
    /// </summary>
    public bool TryAdd(WaitingEntry waiting)
    {
        var entry = waiting.Entry;
        if (waiting.TargetGone)
        {
            TargetGone.Add(waiting);
            return true;
        }

        if ((entry.Ref is { } target && _deleted.Contains(target))
            || (entry.ClientId is { } id && !_ids.Add((entry.User, id))))
        {
            return false;
        }

        if (entry is { Kind: RoomEventKind.Delete, Ref: { } deleted })
        {
            _deleted.Add(deleted);
        }

        Entries.Add(waiting);
        return true;
    }
}
