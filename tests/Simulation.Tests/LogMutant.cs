using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests;

/// <summary>A log that breaks a promise on purpose; as it is, none.</summary>
internal class LogMutant(IMessageLog log) : IMessageLog
{
    /// <summary>The log that keeps its promises.</summary>
    protected IMessageLog Honest => log;

    public virtual Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => log.ClaimAsync(room, cancellationToken);

    public virtual Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken) => log.CreateAsync(room, kind, cancellationToken);

    public virtual Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => log.AppendAsync(append, cancellationToken);

    public virtual Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        log.FindAsync(room, user, clientId, cancellationToken);

    public virtual Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken) =>
        log.ReadAsync(room, after, limit, cancellationToken);

    public virtual Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        log.HeadsAsync(rooms, cancellationToken);

    public virtual Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
        log.FactsAsync(room, user, cancellationToken);

    public virtual Task<IReadOnlyList<string>> MembersAsync(string room, CancellationToken cancellationToken) => log.MembersAsync(room, cancellationToken);

    public virtual Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) => log.MarkAsync(marks, cancellationToken);
}

/// <summary>Answers first and commits a moment later.</summary>
internal sealed class AnswersBeforeTheCommit(Simulated world, IMessageLog log) : LogMutant(log)
{
    public override async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        var head = (await Honest.HeadsAsync([append.Room], cancellationToken))[0];
        if (head.Claim != append.Claim)
        {
            return AppendResult.FencedOff;
        }

        world.Scheduler.After(TimeSpan.FromMilliseconds(20), () => Honest.AppendAsync(append, cancellationToken));
        return new(false, [.. append.Entries.Select((entry, i) => new AppendedEntry(head.Seq + 1 + i, entry.Ts, entry.Hash, 0, false))]);
    }
}

/// <summary>Does not know a client id again: the second time it is another event.</summary>
internal sealed class ForgetsClientIds(IMessageLog log) : LogMutant(log)
{
    private readonly HashSet<(string, string, string)> _seen = [];
    private int _again;

    public override Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => Honest.AppendAsync(
        append with
        {
            Entries =
            [
                .. append.Entries.Select(entry => entry.ClientId is null || _seen.Add((append.Room, entry.User, entry.ClientId))
                    ? entry
                    : entry with { ClientId = $"{entry.ClientId}, the {++_again}. again" }),
            ],
        },
        cancellationToken);
}

/// <summary>Lets an owner write that was superseded.</summary>
internal sealed class FencesNobody(IMessageLog log) : LogMutant(log)
{
    public override async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => await Honest.AppendAsync(
        append with { Claim = (await Honest.HeadsAsync([append.Room], cancellationToken))[0].Claim }, cancellationToken);
}

/// <summary>Does not tell that a room has another owner, so nobody tells that one who is there.</summary>
internal sealed class HidesClaims(IMessageLog log) : LogMutant(log)
{
    public override async Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        [.. (await Honest.HeadsAsync(rooms, cancellationToken)).Select(head => head with { Claim = 1 })];
}

/// <summary>Leaves something out where much is read.</summary>
internal sealed class ReadsWithHoles(IMessageLog log) : LogMutant(log)
{
    public override async Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken) =>
        [.. (await Honest.ReadAsync(room, after, limit, cancellationToken)).Where((_, i) => i != 2)];
}
