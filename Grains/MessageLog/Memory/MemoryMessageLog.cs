using System.Collections.Concurrent;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Memory;

/// <summary>
/// A message log in memory, for demonstrations and for measurements without a disk. It gives the same answers as the
/// durable stores, but loses all data when the process ends.
/// </summary>
internal sealed partial class MemoryMessageLog(MessageLogInstruments instruments) : IMessageStore
{
    private readonly ConcurrentDictionary<string, MemoryRoom> _rooms = new(StringComparer.Ordinal);
    private readonly MemoryChanges _changes = new();
    private readonly string _id = RoomRules.NewEpoch();

    public void Lock()
    {
    }

    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ProbeAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => Task.FromResult(Find(room)?.Claim());

    public Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken)
    {
        try
        {
            AppendCheck.ThrowIfNotStorable(new RoomAppend(creation.Room, 0, creation.Entries) { Create = creation.Kind });
        }
        catch (MessageLogEntryException exception)
        {
            return Task.FromException<CreatedRoom>(exception);
        }

        var room = _rooms.GetOrAdd(
            creation.Room, (room, kind) => new MemoryRoom(kind, RoomRules.FirstMembers(kind, room), _changes), creation.Kind);
        return Task.FromResult(room.ClaimAndAppend(creation.Entries));
    }

    public Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        try
        {
            AppendCheck.ThrowIfNotStorable(append);
        }
        catch (MessageLogEntryException exception)
        {
            return Task.FromException<AppendResult>(exception);
        }

        var result = Find(append.Room)?.Append(append) ?? AppendResult.FencedOff;
        instruments.Answered(result);
        return Task.FromResult(result);
    }

    public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.First(user, clientId));

    public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Read(range) ?? []);

    public Task<IReadOnlyDictionary<long, int>> RepliesAsync(string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Replies(messages) ?? new Dictionary<long, int>());

    public Task<SelectedPage> SelectAsync(string room, SelectedRange range, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Select(range) ?? SelectedPage.Empty);

    public Task<IReadOnlyList<long>> PinsAsync(string room, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Pins() ?? []);

    public Task<IReadOnlyList<string>?> ReadersAsync(string room, long message, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Readers(room, message, limit, _blocks));

    public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RoomHead>>(
            [.. from room in rooms.Distinct(StringComparer.Ordinal) let found = Find(room) where found is not null select found.Stand(room)]);

    public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Facts(room, user));

    public Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.CountedFacts(room, user));

    public Task<IReadOnlyList<Member>> MembersAsync(string room, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Members() ?? []);

    public Task<IReadOnlyList<RoomLink>> LinksAsync(string room, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Links() ?? []);

    public Task<bool> HasLinkAsync(string room, string user, IReadOnlyCollection<string> hashes, long now, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.HasLink(user, hashes, now) == true);

    public Task<ConversationRows> ConversationsAsync(string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken)
    {
        // The cursor is read before the rooms. A room holds its lock while it takes a number for a change and makes the
        // change. So a room that is read after the cursor has all its changes with numbers before the cursor.
        var (end, cursor) = (before ?? new(long.MaxValue, ""), Cursor);
        return Task.FromResult(new ConversationRows(
            [
                .. Newest(from room in _rooms let found = room.Value.Conversation(room.Key, user, 0) where found is { IsListed: true } select found.Row)
                    .Where(found => found.Ts < end.Ts || (found.Ts == end.Ts && string.CompareOrdinal(found.Room, end.Room) < 0))
                    .Take(limit),
            ],
            cursor));
    }

    public Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken)
    {
        var (now, newest) = (Cursor, _changes.Newest);
        if (ConversationRules.FromCursor(cursor, _id, newest + 1) is not { } since)
        {
            return Task.FromResult<ConversationChanges?>(null);
        }

        MemoryConversation[] found =
        [
            .. from room in _rooms let one = room.Value.Conversation(room.Key, user, since) where one is not null select one,
        ];
        return Task.FromResult(found.Length > limit
            ? null
            : new ConversationChanges(
                [.. Newest(found.Where(one => one.IsListed).Select(one => one.Row))],
                [.. found.Where(one => !one.IsListed).Select(one => one.Row.Room)], now));
    }

    public Task<ConversationStored> SetConversationAsync(string user, string room, ConversationChange change, CancellationToken cancellationToken)
    {
        var others = _rooms.Where(one => one.Key != room).Select(one => one.Value.Settings(user)).ToArray();
        if (change.Followed == true && others.Count(one => one.IsFollowed) >= ConversationRules.MaxFollowed)
        {
            return Task.FromResult(ConversationStored.FollowsTooMany);
        }

        if (change.Sets && others.Count(one => one.IsSet) >= ConversationRules.MaxSettings)
        {
            return Task.FromResult(ConversationStored.TooManySettings);
        }

        if (Find(room) is not { } found)
        {
            return Task.FromResult(ConversationStored.NoRoom);
        }

        found.Set(user, change);
        return Task.FromResult(ConversationStored.Yes);
    }

    public Task<long> CountGroupsAsync(string user, bool withInvitations, int most, CancellationToken cancellationToken) =>
        Task.FromResult(_rooms.Values.LongCount(room => room.IsGroupOf(user, withInvitations)));

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken)
    {
        foreach (var mark in marks)
        {
            Find(mark.Room)?.Mark(mark.User, mark.Seq);
        }

        return Task.CompletedTask;
    }

    public Task<int> VersionAsync(CancellationToken cancellationToken) => Task.FromResult(LogVersion.Known);

    public Task RaiseVersionAsync(int version, CancellationToken cancellationToken) => Task.CompletedTask;

    private string Cursor => ConversationRules.ToCursor(_id, _changes.Newest + 1);

    private static IOrderedEnumerable<ConversationRow> Newest(IEnumerable<ConversationRow> rows) =>
        rows.OrderByDescending(row => row.Ts).ThenByDescending(row => row.Room, StringComparer.Ordinal);

    private MemoryRoom? Find(string room) => _rooms.GetValueOrDefault(room);
}
