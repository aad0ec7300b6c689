using System.Collections.Concurrent;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Faulty.Silo;

/// <summary>
/// A log that behaves as if a crash could lose the newest event of a room. When this process claims a room for the
/// first time, the log loses the room's newest event. The next event gets the sequence of the lost event.
/// </summary>
internal sealed class ReusingLog(IMessageLog log) : MessageLogDecorator(log)
{
    /// <summary>For each room, the sequence of the event that the log lost, or 0 if it lost none.</summary>
    private readonly ConcurrentDictionary<string, long> _lost = new();

    public override async Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) =>
        await Whole.ClaimAsync(room, cancellationToken) is { } claim ? Lose(room, claim) : null;

    public override async Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken)
    {
        var created = await Whole.CreateAsync(creation, cancellationToken);
        return new(
            Lose(creation.Room, created.Claim), [.. created.Entries.Select(entry => entry with { Seq = Shown(creation.Room, entry.Seq) })]);
    }

    public override async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        var result = await Whole.AppendAsync(append, cancellationToken);
        return result with { Entries = [.. result.Entries.Select(entry => entry with { Seq = Shown(append.Room, entry.Seq) })] };
    }

    public override async Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        await Whole.FindAsync(room, user, clientId, cancellationToken) is { } found ? found with { Seq = Shown(room, found.Seq) } : null;

    public override async Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken)
    {
        var lost = _lost.GetValueOrDefault(room);
        var events = await Whole.ReadAsync(room, range with { After = lost > 0 && range.After >= lost ? range.After + 1 : range.After }, cancellationToken);
        return [.. events.Where(happened => happened.Seq != lost).Select(happened => happened with { Seq = Shown(room, happened.Seq) })];
    }

    public override async Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        [.. (await Whole.HeadsAsync(rooms, cancellationToken)).Select(head => head with { Seq = Shown(head.Room, head.Seq) })];

    public override async Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
        await Whole.FactsAsync(room, user, cancellationToken) is { } facts ? facts with { Seq = Shown(room, facts.Seq) } : null;

    public override async Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken) =>
        await Whole.CountedFactsAsync(room, user, cancellationToken) is { } counted
            ? counted with { Facts = counted.Facts with { Seq = Shown(room, counted.Facts.Seq) } }
            : null;

    private RoomClaim Lose(string room, RoomClaim claim)
    {
        _lost.TryAdd(room, claim.Seq);
        return claim with { Seq = Shown(room, claim.Seq) };
    }

    private long Shown(string room, long seq) => _lost.GetValueOrDefault(room) is var lost && lost > 0 && seq >= lost ? seq - 1 : seq;
}
