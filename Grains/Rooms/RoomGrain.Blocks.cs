using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Applies the blocks between users, which the log stores. While one of the two people of a direct room blocks the
/// other, the room refuses the events of both. In all rooms, a message does not mention users who have blocked its
/// sender.
/// </summary>
/// <remarks>
/// After a block is acknowledged, no activation accepts an event that the block forbids. The history grain stores a
/// block, and then calls <see cref="BlocksChangedAsync"/>. This call claims the room, and each claim reads the blocks:
/// <list type="bullet">
/// <item>If another activation owns the room, the log rejects its appends from then on, and it deactivates. If an
/// append of this activation is in flight, the log rejects that append too, unless it has committed already. This
/// activation then decides the entries again and appends them under the new claim.</item>
/// <item>If the room does not exist, there is nothing to claim. The first post reads the blocks before it is accepted,
/// and the batch that creates the room is decided again right before the creation. One gap remains: a creation with an
/// unknown outcome, or a creation by another activation, may commit after the block is acknowledged.</item>
/// </list>
/// </remarks>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// The people of a direct room who block the other person: none, one or both, as far as this activation knows.
    /// </summary>
    private IReadOnlyList<string> _blockers = [];

    /// <summary>Number of reads of <see cref="DirectFacts"/> that have begun. Each read is numbered with it.</summary>
    private long _directReads;

    /// <summary>The number of the read whose blocks are in <see cref="_blockers"/>.</summary>
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
                // Wait for a claim in flight, because it may have read the blocks before the change.
                while (_ownership.IsClaiming)
                {
                    await ((Task)_ownership.Claiming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                }

                // In each RoomOwnershipState:
                // - Unclaimed, Unsure: claim.
                // - Owned: claim again. If the claim fails, the next command or batch claims.
                // - Deactivating, Lost: OwnAsync throws, or returns without a claim. The caller must reach the next
                //   activation.
                _ownership.OnOutdated();
                if (await OwnAsync())
                {
                    break;
                }

                if (_ownership.Claim is not null)
                {
                    throw new IOException("The room is not in the log any more.");
                }

                // The room does not exist. If a creation began during this read, its messages were decided without
                // these blocks. Then repeat.
                Apply(await ReadDirectAsync());
            }
            while (_ownership.IsClaiming || _ownership.Claim is not null);
        }
        catch (Exception exception) when (exception is MessageLogUnavailableException or OperationCanceledException)
        {
            // IRoomGrain promises an IOException in this case.
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
    /// Applies the result of a read. If a read that began later has been applied already, the blocks of this read are
    /// ignored.
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
    /// Called before the batch creates its direct room. Decides each entry again, and removes the entries that a block
    /// forbids, because a user may have blocked the other one while the entries waited.
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
    /// Removes from a message the mentions of users who have blocked its sender. A mention of everyone stays.
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
