using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Reads the message log. Also stores what the room grain does not store: a user's settings for a room, blocks between
/// users, and reports of messages. The grain is a reentrant stateless worker, so any number of calls can run at the
/// same time on each silo.
/// </summary>
[StatelessWorker, Reentrant]
[GrainType("history")]
internal sealed partial class HistoryGrain(
    IMessageLog log, LogVersionGate gate, IClusterMembershipService cluster, IGrainFactory grains, TimeProvider time,
    IOptions<RoomOptions> options, RoomAuthorization? authorization = null) : Grain, IHistoryGrain
{
    /// <summary>Maximum number of events in one read. A higher limit counts as this number.</summary>
    public const int MaxEvents = 1000;

    /// <summary>Maximum number of conversations in one page. A higher limit counts as this number.</summary>
    public const int MaxConversations = 100;

    /// <summary>Maximum number of members in one page. A higher limit counts as this number.</summary>
    public const int MaxMembers = 200;

    /// <summary>Maximum number of rooms in one head poll.</summary>
    public const int MaxRooms = 4096;

    /// <summary>
    /// The highest sequence after which a read may begin. With this sequence, the end of the range still fits into a
    /// long. No room has that many events.
    /// </summary>
    private const long MaxAfter = long.MaxValue - MaxEvents;

    public Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken) =>
        PageAsync(ask, EventBytes.Page, cancellationToken);

    public Task<HistoryPage> PageAsync(string room, string user, long after, int limit) =>
        PageAsync(new(room, user, after, limit, Whole: 0), int.MaxValue, CancellationToken.None);

    private async Task<HistoryPage> PageAsync(PageAsk ask, int bytes, CancellationToken cancellationToken)
    {
        try
        {
            var (facts, refusal) = await LookAsync(ask.Room, ask.User, ask.Claimed, cancellationToken);
            refusal ??= await RefuseSelectionAsync(ask, facts);
            if (facts is null || refusal is not null)
            {
                return new HistoryPage([], 0, refusal);
            }

            if (SelectionOf(ask) is { } selection)
            {
                var selected = await SelectAsync(ask, selection, bytes, cancellationToken);
                return new HistoryPage(await WithRepliesAsync(ask.Room, selected.Events, cancellationToken), facts.Seq, null, selected.More);
            }

            var from = ask.After < 0 ? Math.Max(0, facts.Seq + ask.After) : Math.Min(ask.After, MaxAfter);
            var events = await ReadAsync(ask.Room, new(from, Math.Clamp(ask.Limit, 1, MaxEvents), bytes), ask.Whole, facts.Seq, cancellationToken);
            var head = Math.Max(facts.Seq, events is [.., var newest] ? newest.Seq : 0);

            // If there is no limit in bytes, the caller is a gateway of version 0.1.0, which has no reply counts.
            return new HistoryPage(bytes == int.MaxValue ? events : await WithRepliesAsync(ask.Room, events, cancellationToken), head, null);
        }
        catch (MessageLogUnavailableException)
        {
            return new HistoryPage([], 0, Refusal.Unavailable);
        }
        catch (MessageLogEntryException)
        {
            // The log cannot store the name of the room or the user. Answer as for a room that does not exist.
            return new HistoryPage([], 0, Refusal.NotFound);
        }
    }

    public async Task<PresenceSnapshot> WhoAsync(string room, string user, int most, RoomAction claimed)
    {
        try
        {
            var (facts, refusal) = await LookAsync(room, user, claimed, CancellationToken.None);
            return facts is not null ? await grains.GetGrain<IRoomGrain>(room).WhoAsync(user, most, claimed)
                : refusal is null ? new PresenceSnapshot(0, [], null)
                : new PresenceSnapshot(0, null, refusal);
        }
        catch (MessageLogUnavailableException)
        {
            return new PresenceSnapshot(0, null, Refusal.Unavailable);
        }
        catch (MessageLogEntryException)
        {
            // The log cannot store the name of the room or the user. Answer as for a room that does not exist.
            return new PresenceSnapshot(0, null, Refusal.NotFound);
        }
    }

    public async Task<RoomEvent[]> ReadAsync(string room, long after, int limit)
        => [.. await ClearlyAsync(() => log.ReadAsync(room, new MessageLogRange(Math.Clamp(after, 0, MaxAfter), Math.Clamp(limit, 1, MaxEvents), EventBytes.Page), CancellationToken.None))];

    public async Task<RoomHeads> HeadsAsync(string[] rooms)
        => rooms.Length > MaxRooms
            ? throw new ArgumentException($"A head poll can have at most {MaxRooms} rooms.", nameof(rooms))
            : new([.. await ClearlyAsync(() => log.HeadsAsync(rooms, CancellationToken.None))], cluster.CurrentSnapshot.Version.Value);

    public async Task<ConversationPage> ConversationsAsync(ConversationAsk ask)
    {
        var limit = Math.Clamp(ask.Limit, 1, MaxConversations);

        // A process of version 0.1.0 does not record which conversations it changes. While such a process may run, the
        // page has no cursor, because a later page of changes could miss some of them.
        var hasCursor = await gate.IsOpenAsync();
        if (hasCursor && ask.Since is { } since
            && await ClearlyAsync(() => log.ConversationChangesAsync(ask.User, since, limit, CancellationToken.None)) is { } changes
            && ConversationBytes.Fitting(changes.Rows, ConversationBytes.Page - ConversationBytes.Count(changes.Removed)) == changes.Rows.Count)
        {
            var rows = await ReadableAsync(changes.Rows, ask.User);
            return new(
                [.. rows.Select(ToConversation)], false, changes.Cursor,
                [.. changes.Removed, .. changes.Rows.Except(rows).Select(row => row.Room)]);
        }

        ConversationsBefore? first = ask.BeforeTs is { } ts ? new(ts, ask.BeforeRoom) : null;
        string? cursor = null;
        for (var before = first; ;)
        {
            // Ask for one row more than the page may have. If the log returns it, there are more conversations.
            var position = before;
            var page = await ClearlyAsync(() => log.ConversationsAsync(ask.User, position, limit + 1, CancellationToken.None));
            cursor ??= page.Cursor;
            var count = Math.Min(limit, ConversationBytes.Fitting(page.Rows, ConversationBytes.Page));
            var rows = await ReadableAsync([.. page.Rows.Take(count)], ask.User);
            var hasMore = page.Rows.Count > count;
            if (rows.Count > 0 || !hasMore)
            {
                return new([.. rows.Select(ToConversation)], hasMore, hasCursor && first is null ? cursor : null);
            }

            // The authorizer denies every room of this page. Read the next page, because a client continues after the
            // last room of the page that it gets.
            before = new(page.Rows[count - 1].Ts, page.Rows[count - 1].Room);
        }
    }

    /// <summary>
    /// Returns the rows of the rooms that the authorizer does not deny to the user. The user's token does not count,
    /// because it is not known here. Throws <see cref="IOException"/> if the authorizer does not answer.
    /// </summary>
    private async ValueTask<IReadOnlyList<ConversationRow>> ReadableAsync(IReadOnlyList<ConversationRow> rows, string user)
    {
        if (authorization is not { IsOn: true })
        {
            return rows;
        }

        var asked = rows.Where(row => row.Kind != RoomKind.Direct).ToArray();
        var answers = await authorization.AskAsync(
            [.. asked.Select(row => new Question(row.Room, row.Kind, user, RoomAction.Read, RoomAction.None, row.Role))]);
        var denied = new HashSet<string>();
        for (var i = 0; i < asked.Length; i++)
        {
            var access = answers[i] ?? throw new IOException("The authorizer does not answer.");
            if (access.Denies(RoomAction.Read))
            {
                denied.Add(asked[i].Room);
            }
        }

        return [.. rows.Where(row => !denied.Contains(row.Room))];
    }

    private static Conversation ToConversation(ConversationRow row) => new(
        row.Room, row.Kind, row.Seq, row.Ts, row.Read, row.Unread, row.Role, row.Title, row.Last, row.Settings, row.Mentions, row.UnreadMore);

    public async Task<ConversationReply> SetConversationAsync(ConversationSet set)
    {
        try
        {
            if (RoomRights.RefuseKey(DirectRoom.People(set.Room), set.User) is { } stranger)
            {
                return new(stranger);
            }

            // Ask the authorizer even if the room does not exist, so that the user cannot find out whether it exists.
            var facts = await log.FactsAsync(set.Room, set.User, CancellationToken.None);
            var access = RoomKey.IsDirect(set.Room) ? new Access()
                : await AskAsync(set.Room, facts?.Kind ?? RoomKind.Group, set.User, RoomAction.Read, set.Claimed, facts);
            return access is null ? new(Refusals.NoDecision)
                : facts is null ? new(Refusals.NoRoom)
                : RoomRights.RefuseSettings(set, facts.Kind, facts.Role, access.Value) is { } refused ? new(refused)
                : await log.SetConversationAsync(
                    set.User, set.Room, new(set.Followed, set.Pinned, set.Archived, set.Hidden, set.MutedUntil), CancellationToken.None) switch
                {
                    ConversationStored.Yes => new(),
                    ConversationStored.FollowsTooMany => new(TooMany: $"you follow {ConversationRules.MaxFollowed} channels; stop following one first"),
                    ConversationStored.TooManySettings => new(TooMany: $"you have settings for {ConversationRules.MaxSettings} rooms; reset the settings of one room first"),
                    _ => new(Refusals.NoRoom),
                };
        }
        catch (MessageLogUnavailableException)
        {
            return new(Refusals.MessageLogUnavailable);
        }
        catch (MessageLogEntryException)
        {
            // The log cannot store the name of the room or the user. Answer as for a room that does not exist.
            return new(Refusals.NoRoom);
        }
    }

    public async Task<bool> MayEnterAsync(string room, string user, string[] links, RoomAction claimed)
    {
        try
        {
            var facts = await log.FactsAsync(room, user, CancellationToken.None);

            // Always read the links, so that the number of reads does not show whether the group exists.
            var byLink = links.Length > 0
                && await log.HasLinkAsync(room, user, links, time.GetUtcNow().ToUnixTimeMilliseconds(), CancellationToken.None);

            // Ask the authorizer even if the group does not exist, so that the user cannot find out whether it exists.
            return await AskAsync(room, RoomKind.Group, user, RoomAction.Join | RoomAction.Read, claimed, facts) is not { } access
                || (facts is not null && RoomRights.MayCall(facts.Role, IsBanned(facts), access, byLink));
        }
        catch (MessageLogUnavailableException)
        {
            return true;
        }
        catch (MessageLogEntryException)
        {
            // The log cannot store the name of the room or the user. Answer as for a room that does not exist.
            return false;
        }
    }

    public async Task<MemberPage> MembersAsync(MembersAsk ask)
    {
        try
        {
            var (facts, refusal) = await LookAsync(ask.Room, ask.User, ask.Claimed, CancellationToken.None);
            if (refusal is not null)
            {
                return new([], false, refusal);
            }

            IEnumerable<Member> members = facts?.Kind is RoomKind.Channel or RoomKind.Group
                ? await log.MembersAsync(ask.Room, CancellationToken.None)
                : DirectRoom.People(ask.Room)!.Select(user => new Member(user, RoomRole.Member));
            var limit = Math.Clamp(ask.Limit, 1, MaxMembers);
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            Member[] page =
            [
                // Leave out users who have no role and whose ban or mute has ended.
                .. members.Where(member => member.Role != RoomRole.None || member.MutedUntil > now || member.BannedUntil > now)
                    .Where(member => string.CompareOrdinal(member.User, ask.After) > 0)
                    .OrderBy(member => member.User, StringComparer.Ordinal)
                    .Take(limit + 1),
            ];
            return new([.. page.Take(limit)], page.Length > limit, null);
        }
        catch (MessageLogUnavailableException)
        {
            return new([], false, Refusal.Unavailable);
        }
        catch (MessageLogEntryException)
        {
            // The log cannot store the name of the room or the user. Answer as for a room that does not exist.
            return new([], false, Refusal.NotFound);
        }
    }

    /// <summary>
    /// Returns the facts of a room if the user may read it, otherwise the refusal. Both are null for a direct room
    /// without a message. Throws <see cref="MessageLogUnavailableException"/>, and
    /// <see cref="MessageLogEntryException"/> for a name that cannot be stored.
    /// </summary>
    private async Task<(RoomFacts? Facts, Refusal? Refusal)> LookAsync(string room, string user, RoomAction claimed, CancellationToken cancellationToken)
    {
        var (facts, refusal, _) = await LookAsync(room, user, RoomAction.Read, claimed, cancellationToken);
        return (facts, refusal);
    }

    /// <summary>
    /// Like the overload above, and returns the authorizer's answer about <paramref name="actions"/>.
    /// </summary>
    private async Task<(RoomFacts? Facts, Refusal? Refusal, Access Access)> LookAsync(
        string room, string user, RoomAction actions, RoomAction claimed, CancellationToken cancellationToken)
    {
        if (RoomRights.RefuseKey(DirectRoom.People(room), user) is { } stranger)
        {
            return (null, stranger.Reason, default);
        }

        var facts = await log.FactsAsync(room, user, cancellationToken);
        if (RoomKey.IsDirect(room) || (facts is null && !RoomKey.IsPrivate(room)))
        {
            return (facts, facts is null && !RoomKey.IsDirect(room) ? Refusal.NotFound : null, default);
        }

        // If the name has the form that the server chooses for groups, ask the authorizer even if there is no such
        // group. So the user cannot find out whether the group exists.
        return await AskAsync(room, facts?.Kind ?? RoomKind.Group, user, actions, claimed, facts) is not { } access ? (null, Refusal.Unavailable, default)
            : facts is null ? (null, Refusal.NotFound, access)
            : RoomRights.RefuseRead(room, facts.Kind, facts.Role, IsBanned(facts), access) is { } outsider ? (null, outsider.Reason, access)
            : (facts, null, access);
    }

    private bool IsBanned(RoomFacts facts) => facts.BannedUntil > time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Asks the authorizer, if the silo has one. Returns null if it does not answer.</summary>
    private async ValueTask<Access?> AskAsync(string room, RoomKind kind, string user, RoomAction actions, RoomAction claimed, RoomFacts? facts)
        => authorization is { IsOn: true }
            ? (await authorization.AskAsync([new(room, kind, user, actions, claimed, facts?.Role ?? RoomRole.None)]))[0]
            : new Access(claimed);

    /// <summary>
    /// Reads a range with a limit in bytes. If the event with the sequence <paramref name="whole"/> is inside the
    /// range, half of the bytes are for the events up to it, and half for the events after it. If the event is before
    /// the range, reads the oldest events of the range. If the event is at or after the head or the end of the range,
    /// reads the newest events.
    /// </summary>
    private async Task<RoomEvent[]> ReadAsync(string room, MessageLogRange range, long whole, long head, CancellationToken cancellationToken)
    {
        var before = (int)Math.Clamp(Math.Max(0, whole) - range.After, 0, range.Limit);
        if (whole >= head || before == 0 || before == range.Limit)
        {
            return [.. await log.ReadAsync(room, range with { FromEnd = before > 0 }, cancellationToken)];
        }

        var older = await log.ReadAsync(room, new MessageLogRange(range.After, before, range.Bytes / 2, FromEnd: true), cancellationToken);
        var newer = await log.ReadAsync(room, new MessageLogRange(range.After + before, range.Limit - before, range.Bytes / 2), cancellationToken);
        return [.. older, .. newer];
    }

    /// <summary>
    /// Replaces the exceptions of the log with <see cref="IOException"/>, because gateways do not have the types of the
    /// log's exceptions.
    /// </summary>
    private static async Task<T> ClearlyAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is MessageLogUnavailableException or MessageLogEntryException)
        {
            throw new IOException("The message log cannot be reached.");
        }
    }
}
