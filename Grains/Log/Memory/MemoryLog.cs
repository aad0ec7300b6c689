using System.Collections.Concurrent;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Log.Memory;

/// <summary>
/// A log that keeps nothing: every room lives in this process and is gone with it. The same answers as the durable stores, for
/// demonstrations and for measuring what everything but a disk costs.
/// </summary>
internal sealed class MemoryLog(LogInstruments instruments) : IMessageStore
{
    private readonly ConcurrentDictionary<string, MemoryRoom> _rooms = new(StringComparer.Ordinal);

    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => Task.FromResult(Find(room)?.Claim());

    public Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken) =>
        Task.FromResult(_rooms.GetOrAdd(room, static (_, made) => new MemoryRoom(made), kind).Claim());

    public Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        try
        {
            AppendCheck.ThrowIfNotStorable(append);
        }
        catch (LogEntryException refused)
        {
            return Task.FromException<AppendResult>(refused);
        }

        var result = Find(append.Room)?.Append(append) ?? AppendResult.FencedOff;
        instruments.Answered(result);
        return Task.FromResult(result);
    }

    public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.First(user, clientId));

    public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Read(after, limit) ?? []);

    public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RoomHead>>(
            [.. from room in rooms.Distinct(StringComparer.Ordinal) let found = Find(room) where found is not null select found.Stand(room)]);

    public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Facts(room, user));

    public Task<IReadOnlyList<string>> MembersAsync(string room, CancellationToken cancellationToken) =>
        Task.FromResult(Find(room)?.Members() ?? []);

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken)
    {
        foreach (var mark in marks)
        {
            Find(mark.Room)?.Mark(mark.User, mark.Seq);
        }

        return Task.CompletedTask;
    }

    private MemoryRoom? Find(string room) => _rooms.GetValueOrDefault(room);
}
