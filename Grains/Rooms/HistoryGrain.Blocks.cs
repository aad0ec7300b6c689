using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Stores and reads the blocks of users.</summary>
internal sealed partial class HistoryGrain
{
    public async Task<ConversationReply> BlockAsync(BlockSet set)
    {
        try
        {
            if (!await gate.IsOpenAsync())
            {
                // A silo of version 0.1.0 may still run. It would not apply the block.
                return new(Refusals.NeedsUpgrade);
            }

            if (!set.IsOn)
            {
                await log.UnblockAsync(set.User, set.Blocked, CancellationToken.None);
            }
            else if (!await log.BlockAsync(set.User, set.Blocked, CancellationToken.None))
            {
                return new(TooMany: $"you have blocked {BlockRules.MaxBlocks} users; unblock one first");
            }
        }
        catch (MessageLogUnavailableException)
        {
            return new(Refusals.MessageLogUnavailable);
        }
        catch (MessageLogEntryException)
        {
            return new(Refusals.NotStorable);
        }

        try
        {
            // Call the room even if the block was stored before, because an earlier request may have failed after it
            // stored the block.
            await grains.GetGrain<IRoomGrain>(RoomKey.Direct(set.User, set.Blocked)).BlocksChangedAsync();
            return new();
        }
        catch (Exception)
        {
            // The exception is not logged here: the store logs its own outage, and Orleans logs why the room was not
            // reached.
            return new(Refusals.BlockNotComplete);
        }
    }

    public async Task<string[]> BlocksAsync(string user) => [.. await ClearlyAsync(() => log.BlocksAsync(user, CancellationToken.None))];
}
