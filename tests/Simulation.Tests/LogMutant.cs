using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests;

/// <summary>
/// The base class of logs that break a promise on purpose. The base class itself breaks no promise.
/// </summary>
internal class LogMutant(IMessageLog log) : IMessageLog
{
    /// <summary>The real log, which keeps all promises.</summary>
    protected IMessageLog Honest => log;

    public virtual Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => log.ClaimAsync(room, cancellationToken);

    public virtual Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken) => log.CreateAsync(creation, cancellationToken);

    public virtual Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => log.AppendAsync(append, cancellationToken);

    public virtual Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        log.FindAsync(room, user, clientId, cancellationToken);

    public virtual Task<bool> BlockAsync(string user, string blocked, CancellationToken cancellationToken) =>
        log.BlockAsync(user, blocked, cancellationToken);

    public virtual Task UnblockAsync(string user, string blocked, CancellationToken cancellationToken) =>
        log.UnblockAsync(user, blocked, cancellationToken);

    public virtual Task<IReadOnlyList<string>> BlocksAsync(string user, CancellationToken cancellationToken) =>
        log.BlocksAsync(user, cancellationToken);

    public virtual Task<IReadOnlyList<string>> BlockersAsync(string user, IReadOnlyCollection<string> users, CancellationToken cancellationToken) =>
        log.BlockersAsync(user, users, cancellationToken);

    public virtual Task<DirectFacts> DirectAsync(string room, string user, string other, CancellationToken cancellationToken) =>
        log.DirectAsync(room, user, other, cancellationToken);

    public virtual Task<ReportTarget?> ReportTargetAsync(string room, long message, string user, CancellationToken cancellationToken) =>
        log.ReportTargetAsync(room, message, user, cancellationToken);

    public virtual Task<ReportStored> ReportAsync(string room, NewReport report, CancellationToken cancellationToken) =>
        log.ReportAsync(room, report, cancellationToken);

    public virtual Task<IReadOnlyList<MessageReport>> ReportsAsync(string room, int limit, CancellationToken cancellationToken) =>
        log.ReportsAsync(room, limit, cancellationToken);

    public virtual Task DismissAsync(string room, long message, CancellationToken cancellationToken) =>
        log.DismissAsync(room, message, cancellationToken);

    public virtual Task<RoomSettings?> SettingsAsync(string room, CancellationToken cancellationToken) =>
        log.SettingsAsync(room, cancellationToken);

    public virtual Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken) =>
        log.ReadAsync(room, range, cancellationToken);

    public virtual Task<IReadOnlyDictionary<long, int>> RepliesAsync(string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken) =>
        log.RepliesAsync(room, messages, cancellationToken);

    public virtual Task<SelectedPage> SelectAsync(string room, SelectedRange range, CancellationToken cancellationToken) =>
        log.SelectAsync(room, range, cancellationToken);

    public virtual Task<IReadOnlyList<long>> PinsAsync(string room, CancellationToken cancellationToken) =>
        log.PinsAsync(room, cancellationToken);

    public virtual Task<IReadOnlyList<string>?> ReadersAsync(string room, long message, int limit, CancellationToken cancellationToken) =>
        log.ReadersAsync(room, message, limit, cancellationToken);

    public virtual Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        log.HeadsAsync(rooms, cancellationToken);

    public virtual Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
        log.FactsAsync(room, user, cancellationToken);

    public virtual Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken) =>
        log.CountedFactsAsync(room, user, cancellationToken);

    public virtual Task<ConversationRows> ConversationsAsync(string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken) =>
        log.ConversationsAsync(user, before, limit, cancellationToken);

    public virtual Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken) =>
        log.ConversationChangesAsync(user, cursor, limit, cancellationToken);

    public virtual Task<ConversationStored> SetConversationAsync(
        string user, string room, ConversationChange change, CancellationToken cancellationToken) =>
        log.SetConversationAsync(user, room, change, cancellationToken);

    public virtual Task<IReadOnlyList<Member>> MembersAsync(string room, CancellationToken cancellationToken) => log.MembersAsync(room, cancellationToken);

    public virtual Task<long> CountGroupsAsync(string user, bool withInvitations, int most, CancellationToken cancellationToken) =>
        log.CountGroupsAsync(user, withInvitations, most, cancellationToken);

    public virtual Task<IReadOnlyList<RoomLink>> LinksAsync(string room, CancellationToken cancellationToken) => log.LinksAsync(room, cancellationToken);

    public virtual Task<bool> HasLinkAsync(string room, string user, IReadOnlyCollection<string> hashes, long now, CancellationToken cancellationToken) =>
        log.HasLinkAsync(room, user, hashes, now, cancellationToken);

    public virtual Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) => log.MarkAsync(marks, cancellationToken);

    public virtual Task<int> VersionAsync(CancellationToken cancellationToken) => log.VersionAsync(cancellationToken);

    public virtual Task RaiseVersionAsync(int version, CancellationToken cancellationToken) => log.RaiseVersionAsync(version, cancellationToken);
}

/// <summary>A log that answers an append before the commit, and commits 20 ms later.</summary>
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

/// <summary>A log that does not recognize a repeated client id, and appends a second event for it.</summary>
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
                    : entry with { ClientId = $"{entry.ClientId}, repeat {++_again}" }),
            ],
        },
        cancellationToken);
}

/// <summary>A log that accepts appends from an activation that no longer owns the room.</summary>
internal sealed class FencesNobody(IMessageLog log) : LogMutant(log)
{
    public override async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => await Honest.AppendAsync(
        append with { Claim = (await Honest.HeadsAsync([append.Room], cancellationToken))[0].Claim }, cancellationToken);
}

/// <summary>
/// A log that hides that a new activation owns a room. So the gateways do not attach their users to the new activation.
/// </summary>
internal sealed class HidesClaims(IMessageLog log) : LogMutant(log)
{
    public override async Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        [.. (await Honest.HeadsAsync(rooms, cancellationToken)).Select(head => head with { Claim = 1 })];
}

/// <summary>A log that leaves out the third event of each read.</summary>
internal sealed class ReadsWithHoles(IMessageLog log) : LogMutant(log)
{
    public override async Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken) =>
        [.. (await Honest.ReadAsync(room, range, cancellationToken)).Where((_, i) => i != 2)];
}
