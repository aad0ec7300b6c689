using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Applies the blocks of users, which the log stores: refuses the events of the two people of a direct room while one of
/// them blocks the other, and leaves out mentions of users who have blocked the sender.
/// </summary>
/// <remarks>
/// After a block is acknowledged, no activation accepts an event that it forbids. The history grain stores a block, and
/// then calls <see cref="BlocksChangedAsync"/>. This call claims the room, and each claim reads the blocks:
/// <list type="bullet">
/// <item>If another activation owns the room, or if an append of this activation is in flight, the claim fences it. The
/// other activation steps down. This activation decides the entries again and appends them under the new claim.</item>
/// <item>If the room does not exist, there is nothing to claim. The first post reads the blocks before it is accepted,
/// and the batch that creates the room is decided again right before the creation.</item>
/// </list>
/// </remarks>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// Those of the two people of a direct room who block the other one, as far as this activation knows.
    /// </summary>
    private IReadOnlyList<string> _blockers = [];

    /// <summary>The number of the last read of <see cref="DirectFacts"/> that began.</summary>
    private long _directReads;

    /// <summary>The number of the read that <see cref="_blockers"/> comes from.</summary>
    private long _blockersRead;

    public async Task BlocksChangedAsync()
    {
        if (_people is not [_, _])
        {
            return;
        }

        try
        {
            do
            {
                // A claim that is in flight may have read the blocks before the change.
                while (_ownership.IsClaiming)
                {
                    await ((Task)_ownership.Claiming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                }

                // - Unclaimed, Unsure: claim.
                // - Owned: claim again. If the claim fails, the next command or batch claims.
                // - Deactivating, Lost: OwnAsync throws, or returns without a claim. The caller must reach the next
                //   activation.
                _ownership.OnOutdated();
                if (await OwnAsync())
                {
                    break;
                }

                // The room does not exist. If its creation has begun during this read, it was decided without the read.
                Apply(await ReadDirectAsync());
            }
            while (_ownership.IsClaiming || _ownership.Claim is not null);
        }
        catch (Exception exception) when (exception is MessageLogUnavailableException or OperationCanceledException)
        {
            // The caller does not need the type MessageLogUnavailableException.
            throw new IOException("The message log cannot be reached.");
        }

        if (_ownership.RefusesCommands)
        {
            throw new IOException("The room is moving.");
        }

        LeaveIfEmpty();
    }

    private DirectBlock BlockOf(string user) => _blockers.Count == 0 ? DirectBlock.None
        : _blockers.Contains(user) ? DirectBlock.ByActor
        : DirectBlock.ByOther;

    /// <summary>
    /// Reads what the log knows about the two people of a direct room. Reads nothing for other rooms.
    /// </summary>
    private async Task<DirectRead> ReadDirectAsync()
    {
        var number = ++_directReads;
        return new(number, _people is [var one, var other] ? await _log.DirectAsync(_room, one, other, _stopping.Token) : DirectFacts.None);
    }

    /// <summary>
    /// Takes over a read. Its blocks count only if no read that began later has been taken over.
    /// </summary>
    private void Apply(DirectRead read)
    {
        OnSent(read.Facts.Senders);
        if (read.Number < _blockersRead)
        {
            return;
        }

        var hid = HidesUsers;
        (_blockersRead, _blockers) = (read.Number, read.Facts.Blockers);
        if (hid && !HidesUsers)
        {
            Reveal();
        }
        else if (!hid && HidesUsers)
        {
            Hide();
        }
    }

    /// <summary>
    /// In a room that does not exist, decides the entries again that would create it. No entry is left whose sender was
    /// blocked while it waited.
    /// </summary>
    private async Task KeepUnblockedAsync(RoomBatch batch)
    {
        while (batch.Entries.Exists(waiting => BlockOf(waiting.Entry.User) != DirectBlock.None))
        {
            var allowed = await KeepAllowedAsync(batch.Entries);
            batch.Entries.RemoveAll(waiting => !allowed.Contains(waiting));
        }
    }

    /// <summary>
    /// Leaves out of a message the mentions of users who have blocked its sender. Mentions of everyone stay.
    /// </summary>
    private async Task LeaveOutBlockersAsync(WaitingEntry waiting)
    {
        var names = MentionList.Names(waiting.Entry.Mentions);
        string[] users = [.. names.Where(name => name != MentionList.Everyone && name != waiting.Entry.User)];
        var blockers = users.Length == 0 ? [] : await _log.BlockersAsync(waiting.Entry.User, users, _stopping.Token);
        if (blockers.Count > 0)
        {
            waiting.Mention(MentionList.Create([.. names.Except(blockers)]));
        }
    }

    private readonly record struct DirectRead(long Number, DirectFacts Facts);
}
