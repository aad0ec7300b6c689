using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Counts the replies to messages, and lists the readers of a message.</summary>
internal sealed partial class HistoryGrain
{
    /// <summary>Maximum number of users in the list of a message's readers.</summary>
    public const int MaxReaders = 100;

    public async Task<ReaderPage> ReadersAsync(ReadersAsk ask)
    {
        try
        {
            var (facts, refusal) = await LookAsync(ask.Room, ask.User, ask.Claimed, CancellationToken.None);
            if (refusal is { } outsider)
            {
                return Refuse(new(outsider, ""));
            }

            if (facts?.Kind == RoomKind.Channel)
            {
                return Refuse(Refusals.NoReaders);
            }

            // Ask for one user more than the list may have. If the log returns it, there are more readers.
            var users = facts is null ? null : await log.ReadersAsync(ask.Room, ask.Message, MaxReaders + 1, CancellationToken.None);
            return users is null ? Refuse(Refusals.NoMessage) : new([.. users.Take(MaxReaders)], users.Count > MaxReaders, null);
        }
        catch (MessageLogUnavailableException)
        {
            return Refuse(new(Refusal.Unavailable, ""));
        }
        catch (MessageLogEntryException)
        {
            // The log cannot store the name of the room or the user. Answer as for a room that does not exist.
            return Refuse(new(Refusal.NotFound, ""));
        }
    }

    private static ReaderPage Refuse(Refused refused) => new([], false, refused);

    /// <summary>
    /// Adds the number of replies to each message, with at most one call to the log. If the log cannot count the
    /// replies, returns the events without these numbers, because a page without numbers is better than no page.
    /// </summary>
    private async Task<RoomEvent[]> WithRepliesAsync(string room, IReadOnlyList<RoomEvent> events, CancellationToken cancellationToken)
    {
        long[] messages = [.. events.Where(happened => happened.Kind == RoomEventKind.Msg).Select(happened => happened.Seq)];
        try
        {
            var replies = messages.Length == 0 ? null : await log.RepliesAsync(room, messages, cancellationToken);
            return [.. events.Select(happened => replies?.TryGetValue(happened.Seq, out var count) == true ? happened with { Replies = count } : happened)];
        }
        catch (MessageLogUnavailableException)
        {
            return [.. events];
        }
    }
}
