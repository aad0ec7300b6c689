using System.Collections.Concurrent;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Faulty.Silo;

/// <summary>
/// A log whose heads were not durable: what was a room's newest event when this process first claimed it is gone, and the next event takes
/// its sequence.
/// </summary>
internal sealed class ReusingLog(IMessageLog log) : LogDecorator(log)
{
    /// <summary>The sequence that each room lost; 0 for none.</summary>
    private readonly ConcurrentDictionary<string, long> _lost = new();

    public override async Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) =>
        await Whole.ClaimAsync(room, cancellationToken) is { } claim ? Lose(room, claim) : null;

    public override async Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken) =>
        Lose(room, await Whole.CreateAsync(room, kind, cancellationToken));

    public override async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        var result = await Whole.AppendAsync(append, cancellationToken);
        return result with { Entries = [.. result.Entries.Select(entry => entry with { Seq = Shown(append.Room, entry.Seq) })] };
    }

    public override async Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        await Whole.FindAsync(room, user, clientId, cancellationToken) is { } found ? found with { Seq = Shown(room, found.Seq) } : null;

    public override async Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken)
    {
        var lost = _lost.GetValueOrDefault(room);
        var events = await Whole.ReadAsync(room, lost > 0 && after >= lost ? after + 1 : after, limit, cancellationToken);
        return [.. events.Where(happened => happened.Seq != lost).Select(happened => happened with { Seq = Shown(room, happened.Seq) })];
    }

    public override async Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        [.. (await Whole.HeadsAsync(rooms, cancellationToken)).Select(head => head with { Seq = Shown(head.Room, head.Seq) })];

    public override async Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
        await Whole.FactsAsync(room, user, cancellationToken) is { } facts ? facts with { Seq = Shown(room, facts.Seq) } : null;

    private RoomClaim Lose(string room, RoomClaim claim)
    {
        _lost.TryAdd(room, claim.Seq);
        return claim with { Seq = Shown(room, claim.Seq) };
    }

    private long Shown(string room, long seq) => _lost.GetValueOrDefault(room) is var lost && lost > 0 && seq >= lost ? seq - 1 : seq;
}
