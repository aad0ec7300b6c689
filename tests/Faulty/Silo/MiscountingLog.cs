using System.Collections.Concurrent;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Faulty.Silo;

/// <summary>A log whose counts and lists of conversations are wrong. Its events are right.</summary>
internal sealed class MiscountingLog(IMessageLog log, CountFault fault) : MessageLogDecorator(log)
{
    private readonly ConcurrentDictionary<(string User, string Room), ConversationRow> _old = new();
    private readonly ConcurrentDictionary<string, (int Reads, ConversationRows Rows)> _oldLists = new();

    public override async Task<ConversationRows> ConversationsAsync(
        string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken)
    {
        var page = await Whole.ConversationsAsync(user, before, limit, cancellationToken);
        if (fault == CountFault.OldList)
        {
            // The silo reads the list again only at every tenth request.
            return _oldLists.AddOrUpdate(user, _ => (1, page), (_, old) => old.Reads % 10 == 0 ? (1, page) : (old.Reads + 1, old.Rows)).Rows;
        }

        return page with { Rows = await MiscountAsync(user, page.Rows, cancellationToken) };
    }

    public override async Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken)
    {
        if (await Whole.ConversationChangesAsync(user, cursor, limit, cancellationToken) is not { } changes)
        {
            return null;
        }

        return changes with
        {
            Rows = fault == CountFault.ForgetChange ? [.. changes.Rows.SkipLast(1)] : await MiscountAsync(user, changes.Rows, cancellationToken),
            Removed = fault == CountFault.ForgetRemoval ? [] : changes.Removed,
        };
    }

    public override async Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken)
    {
        var counted = await Whole.CountedFactsAsync(room, user, cancellationToken);
        if (counted is null || fault != CountFault.OwnMessagesInJoined)
        {
            return counted;
        }

        var own = await CountAsync(room, counted.Facts.Read, counted.Facts.Seq, happened => IsOwn(happened, user), cancellationToken);
        return counted with { Counts = counted.Counts with { Unread = counted.Counts.Unread + own } };
    }

    public override async Task<IReadOnlyDictionary<long, int>> RepliesAsync(
        string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken)
    {
        if (fault != CountFault.DeletedReplies)
        {
            return await Whole.RepliesAsync(room, messages, cancellationToken);
        }

        var events = await Whole.ReadAsync(room, 0, int.MaxValue, cancellationToken);
        return events.Where(happened => happened is { Kind: RoomEventKind.Msg, Reply: { } message } && messages.Contains(message))
            .CountBy(happened => happened.Reply!.Value).ToDictionary();
    }

    private async Task<IReadOnlyList<ConversationRow>> MiscountAsync(string user, IReadOnlyList<ConversationRow> rows, CancellationToken cancellationToken)
    {
        var miscounted = new List<ConversationRow>();
        foreach (var row in rows)
        {
            miscounted.Add(await MiscountAsync(user, row, cancellationToken));
        }

        return miscounted;
    }

    private async Task<ConversationRow> MiscountAsync(string user, ConversationRow row, CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case CountFault.OwnMessages:
                return row with { Unread = row.Unread + await CountAsync(happened => IsOwn(happened, user)) };
            case CountFault.DeletedMessages:
                return row with
                {
                    Unread = row.Unread + await CountAsync(happened => happened is { Kind: RoomEventKind.Msg, Text: null } && happened.From != user),
                };
            case CountFault.ForgetEveryone:
                return row with
                {
                    Mentions = Math.Max(0, row.Mentions - await CountAsync(happened => MentionList.HasEveryone(happened.Mentions) && happened.From != user)),
                };
            case CountFault.OldCounts:
                var old = _old.GetValueOrDefault((user, row.Room), row);
                _old[(user, row.Room)] = row;
                return row with { Unread = old.Unread, Mentions = old.Mentions };
            default:
                return row;
        }

        Task<int> CountAsync(Func<RoomEvent, bool> counts) => this.CountAsync(row.Room, row.Read, row.Seq, counts, cancellationToken);
    }

    private async Task<int> CountAsync(string room, long read, long seq, Func<RoomEvent, bool> counts, CancellationToken cancellationToken)
    {
        var events = await Whole.ReadAsync(room, Math.Max(read, seq - UnreadCounts.Window), UnreadCounts.Window, cancellationToken);
        return events.Count(happened => happened.Seq <= seq && counts(happened));
    }

    private static bool IsOwn(RoomEvent happened, string user) => happened is { Kind: RoomEventKind.Msg, Text: not null } && happened.From == user;
}
