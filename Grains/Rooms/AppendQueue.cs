using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The entries that wait to be appended to the log of one room. While a batch is in flight, new entries wait here for
/// the next batch. So a higher load leads to larger batches, not to more commits. Not thread-safe: all code of this
/// class runs on the room grain's task scheduler.
/// </summary>
/// <param name="most">Maximum number of entries that wait.</param>
/// <param name="commit">Appends a batch and answers each entry of the batch. Never throws.</param>
internal sealed class AppendQueue(int rowsPerBatch, int most, Func<RoomBatch, Task> commit)
{
    private readonly List<WaitingEntry> _waiting = [];
    private RoomBatch? _committing;

    /// <summary>
    /// The loop that takes batches of waiting entries and commits them. Completed if no entry waits or is in flight.
    /// </summary>
    public Task Sealing { get; private set; } = Task.CompletedTask;

    /// <summary>How many times <see cref="Refuse"/> was called.</summary>
    public long Refusals { get; private set; }

    /// <summary>
    /// Whether a waiting entry, or an entry in flight, changes the rights, the settings or the links of a group. Until
    /// that entry is committed, the decision about a new entry can still change.
    /// </summary>
    public bool HasMemberChanges => _waiting.Exists(static entry => entry.ChangesMembers)
        || _committing?.Entries.Exists(static entry => entry.ChangesMembers) == true;

    /// <summary>
    /// Whether another message of the entry's user waits or is in flight. A message with the same client id does not
    /// count, because the entry only repeats that message.
    /// </summary>
    public bool HasOtherMessage(MessageLogEntry entry)
    {
        return _waiting.Exists(IsOther) || _committing?.Entries.Exists(IsOther) == true;

        bool IsOther(WaitingEntry waiting) => waiting.Entry.Kind == RoomEventKind.Msg
            && waiting.Entry.User == entry.User && waiting.Entry.ClientId != entry.ClientId;
    }

    /// <summary>Queues an entry. Returns false if the queue is full.</summary>
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

    /// <summary>Marks each waiting entry that refers to one of these deleted messages.</summary>
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
    /// Answers all waiting entries with a refusal. After a failed append, the waiting entries must fail too. Otherwise
    /// the room could store a sender's later entry before the sender retries the earlier entry that failed.
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
        // Yield, so that the other posts of the same call can join this batch.
        await Task.Yield();
        while (_waiting.Count > 0)
        {
            _committing = Seal();
            await commit(_committing);
            _committing = null;
        }
    }

    /// <summary>
    /// Takes up to <c>rowsPerBatch</c> entries, in order. An entry that must wait for the next batch stays in the
    /// queue. If an entry closes the batch, all later entries stay too.
    /// </summary>
    private RoomBatch Seal()
    {
        // Step 2 in the remarks of RoomGrain: seal a batch.
        var batch = new RoomBatch();
        var (next, kept) = (0, 0);
        for (; next < _waiting.Count && batch.Entries.Count < rowsPerBatch && !batch.IsClosed; next++)
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
