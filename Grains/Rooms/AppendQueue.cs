using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// What waits to be appended to one room. While a batch is in flight everything else gathers here for the next, so that a busy room
/// costs fewer commits, not more. Runs in the room's turns.
/// </summary>
/// <param name="commit">Appends a batch and answers each entry of it. Never throws.</param>
internal sealed class AppendQueue(int rowsPerBatch, int most, Func<RoomBatch, Task> commit)
{
    private readonly List<WaitingEntry> _waiting = [];

    /// <summary>The loop that seals and commits; completed while nothing waits.</summary>
    public Task Sealing { get; private set; } = Task.CompletedTask;

    /// <summary>How often all that waited was refused.</summary>
    public long Refusals { get; private set; }

    /// <summary>False where too many wait already.</summary>
    public bool TryAdd(WaitingEntry entry)
    {
        if (_waiting.Count >= most)
        {
            return false;
        }

        _waiting.Add(entry);
        if (Sealing.IsCompleted)
        {
            Sealing = SealAsync();
        }

        return true;
    }

    /// <summary>Messages are deleted: what still waits and refers to one of them comes too late.</summary>
    public void Deleted(HashSet<long> messages)
    {
        foreach (var waiting in _waiting)
        {
            if (waiting.Entry.Ref is { } target && messages.Contains(target))
            {
                waiting.TargetGone = true;
            }
        }
    }

    /// <summary>
    /// Answers all that wait. After a failed append the rest fails with it: were later entries of a sender to succeed where an earlier one
    /// failed, its retry would change their order.
    /// </summary>
    public void Refuse(Refused reply)
    {
        Refusals++;
        foreach (var waiting in _waiting)
        {
            waiting.Answer(reply);
        }

        _waiting.Clear();
    }

    private async Task SealAsync()
    {
        // What one call brings shall travel together: the first batch is sealed in the next turn.
        await Task.Yield();
        while (_waiting.Count > 0)
        {
            await commit(Seal());
        }
    }

    private RoomBatch Seal()
    {
        var batch = new RoomBatch();
        var (next, kept) = (0, 0);
        for (; next < _waiting.Count && batch.Entries.Count < rowsPerBatch; next++)
        {
            if (!batch.TryAdd(_waiting[next]))
            {
                _waiting[kept++] = _waiting[next];
            }
        }

        _waiting.RemoveRange(kept, next - kept);
        return batch;
    }
}
