using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The entries of one append. A batch does not change after it is sealed. An entry with a <see cref="MemberChange"/> is
/// the only entry of its batch, so the rights of every entry are decided on the state right before its batch.
/// </summary>
internal sealed class RoomBatch
{
    private readonly HashSet<(string User, string ClientId)> _ids = [];
    private readonly HashSet<long> _deleted = [];

    public List<WaitingEntry> Entries { get; } = [];

    /// <summary>
    /// Whether the batch takes no more entries: it has an entry with a <see cref="MemberChange"/>, or such an entry
    /// waits for the next batch. Later entries must not overtake it.
    /// </summary>
    public bool IsClosed { get; private set; }

    /// <summary>
    /// Entries that refer to a message that was deleted while the entries waited. They are answered without an append.
    /// </summary>
    public List<WaitingEntry> TargetGone { get; } = [];

    /// <summary>
    /// Adds an entry. Returns false if the entry must wait for the next batch, for one of three reasons. Its client id
    /// may already be in this batch; in the next batch, the log finds the entry as a duplicate. Or the entry may refer
    /// to a message that this batch deletes; in the next batch, the message is gone. Or the entry may have a
    /// <see cref="MemberChange"/>, and this batch has other entries.
    /// </summary>
    public bool TryAdd(WaitingEntry waiting)
    {
        var entry = waiting.Entry;
        if (waiting.TargetGone)
        {
            TargetGone.Add(waiting);
            return true;
        }

        if (MemberChange.Is(entry.Kind))
        {
            IsClosed = true;
            if (Entries.Count > 0)
            {
                return false;
            }
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
