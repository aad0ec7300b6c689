using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Faulty.Silo;

/// <summary>A log that does as another one does, but for what a mutant changes.</summary>
internal abstract class LogDecorator(IMessageLog log) : IMessageLog
{
    /// <summary>The whole one.</summary>
    protected IMessageLog Whole => log;

    public virtual Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => log.ClaimAsync(room, cancellationToken);

    public virtual Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken) =>
        log.CreateAsync(room, kind, cancellationToken);

    public virtual Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => log.AppendAsync(append, cancellationToken);

    public virtual Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        log.FindAsync(room, user, clientId, cancellationToken);

    public virtual Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken) =>
        log.ReadAsync(room, after, limit, cancellationToken);

    public virtual Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        log.HeadsAsync(rooms, cancellationToken);

    public virtual Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) => log.FactsAsync(room, user, cancellationToken);

    public Task<IReadOnlyList<string>> MembersAsync(string room, CancellationToken cancellationToken) => log.MembersAsync(room, cancellationToken);

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) => log.MarkAsync(marks, cancellationToken);
}
