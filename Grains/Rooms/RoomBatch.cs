using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>The entries of one append. A batch does not change after it is sealed.</summary>
internal sealed class RoomBatch
{
    private readonly HashSet<(string User, string ClientId)> _ids = [];
    private readonly HashSet<long> _deleted = [];

    public List<WaitingEntry> Entries { get; } = [];

    /// <summary>
    /// Entries that refer to a message that was deleted while the entries waited. They are answered without an append.
    /// </summary>
    public List<WaitingEntry> TargetGone { get; } = [];

    /// <summary>
    /// Adds an entry. Returns false if the entry must wait for the next batch, for one of two reasons. Its client id
    /// may already be in this batch; in the next batch, the log finds the entry as a duplicate. Or the entry may refer
    /// to a message that this batch deletes; in the next batch, the message is gone.
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
