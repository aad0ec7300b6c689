using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The entries of one append. The <see cref="AppendQueue"/> adds no entry after it has passed the batch on. An entry
/// with <see cref="WaitingEntry.IsAlone"/> is the only entry of its batch. So in a batch of several entries, only joins
/// and leaves change the rights of users and the uses of links.
/// </summary>
internal sealed class RoomBatch
{
    private readonly HashSet<(string User, string ClientId)> _ids = [];
    private readonly HashSet<long> _deleted = [];

    public List<WaitingEntry> Entries { get; } = [];

    /// <summary>
    /// Whether the batch takes no more entries: it has an entry that must be alone, or such an entry waits for the next
    /// batch. Later entries must not overtake that entry.
    /// </summary>
    public bool IsClosed { get; private set; }

    /// <summary>
    /// Entries that refer to a message that was deleted while the entries waited. They are answered without an append.
    /// </summary>
    public List<WaitingEntry> TargetGone { get; } = [];

    /// <summary>
    /// Adds an entry. Returns false if the entry must wait for the next batch. An entry waits if an entry with its
    /// client id is already in this batch, so that the log can recognize it as a duplicate. An entry also waits if it
    /// refers to a message that this batch deletes, so that the deletion is committed before the entry is decided. An
    /// entry that must be alone waits if this batch has other entries.
    /// </summary>
    public bool TryAdd(WaitingEntry waiting)
    {
        var entry = waiting.Entry;
        if (waiting.TargetGone)
        {
            TargetGone.Add(waiting);
            return true;
        }

        if (waiting.IsAlone)
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
