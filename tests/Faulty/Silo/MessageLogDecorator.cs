using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Faulty.Silo;

/// <summary>A log that passes every call to another log. Each faulty log overrides some of the methods.</summary>
internal abstract class MessageLogDecorator(IMessageLog log) : IMessageLog
{
    /// <summary>The log without faults.</summary>
    protected IMessageLog Whole => log;

    public virtual Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => log.ClaimAsync(room, cancellationToken);

    public virtual Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken) =>
        log.CreateAsync(creation, cancellationToken);

    public virtual Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => log.AppendAsync(append, cancellationToken);

    public virtual Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
        log.FindAsync(room, user, clientId, cancellationToken);

    public Task<bool> BlockAsync(string user, string blocked, CancellationToken cancellationToken) =>
        log.BlockAsync(user, blocked, cancellationToken);

    public Task UnblockAsync(string user, string blocked, CancellationToken cancellationToken) =>
        log.UnblockAsync(user, blocked, cancellationToken);

    public Task<IReadOnlyList<string>> BlocksAsync(string user, CancellationToken cancellationToken) =>
        log.BlocksAsync(user, cancellationToken);

    public Task<IReadOnlyList<string>> BlockersAsync(string user, IReadOnlyCollection<string> users, CancellationToken cancellationToken) =>
        log.BlockersAsync(user, users, cancellationToken);

    public Task<DirectFacts> DirectAsync(string room, string user, string other, CancellationToken cancellationToken) =>
        log.DirectAsync(room, user, other, cancellationToken);

    public Task<ReportTarget?> ReportTargetAsync(string room, long message, string user, CancellationToken cancellationToken) =>
        log.ReportTargetAsync(room, message, user, cancellationToken);

    public Task<ReportStored> ReportAsync(string room, NewReport report, CancellationToken cancellationToken) =>
        log.ReportAsync(room, report, cancellationToken);

    public Task<IReadOnlyList<MessageReport>> ReportsAsync(string room, int limit, CancellationToken cancellationToken) =>
        log.ReportsAsync(room, limit, cancellationToken);

    public Task DismissAsync(string room, long message, CancellationToken cancellationToken) =>
        log.DismissAsync(room, message, cancellationToken);

    public Task<RoomSettings?> SettingsAsync(string room, CancellationToken cancellationToken) =>
        log.SettingsAsync(room, cancellationToken);

    public virtual Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken) =>
        log.ReadAsync(room, range, cancellationToken);

    public virtual Task<IReadOnlyDictionary<long, int>> RepliesAsync(string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken) =>
        log.RepliesAsync(room, messages, cancellationToken);

    public Task<SelectedPage> SelectAsync(string room, SelectedRange range, CancellationToken cancellationToken) =>
        log.SelectAsync(room, range, cancellationToken);

    public Task<IReadOnlyList<long>> PinsAsync(string room, CancellationToken cancellationToken) => log.PinsAsync(room, cancellationToken);

    public Task<IReadOnlyList<string>?> ReadersAsync(string room, long message, int limit, CancellationToken cancellationToken) =>
        log.ReadersAsync(room, message, limit, cancellationToken);

    public virtual Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
        log.HeadsAsync(rooms, cancellationToken);

    public virtual Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) => log.FactsAsync(room, user, cancellationToken);

    public virtual Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken) =>
        log.CountedFactsAsync(room, user, cancellationToken);

    public Task<long> CountGroupsAsync(string user, bool withInvitations, int most, CancellationToken cancellationToken) =>
        log.CountGroupsAsync(user, withInvitations, most, cancellationToken);

    public Task<IReadOnlyList<Member>> MembersAsync(string room, CancellationToken cancellationToken) => log.MembersAsync(room, cancellationToken);

    public Task<IReadOnlyList<RoomLink>> LinksAsync(string room, CancellationToken cancellationToken) => log.LinksAsync(room, cancellationToken);

    public Task<bool> HasLinkAsync(string room, string user, IReadOnlyCollection<string> hashes, long now, CancellationToken cancellationToken) =>
        log.HasLinkAsync(room, user, hashes, now, cancellationToken);

    public virtual Task<ConversationRows> ConversationsAsync(string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken) =>
        log.ConversationsAsync(user, before, limit, cancellationToken);

    public virtual Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken) =>
        log.ConversationChangesAsync(user, cursor, limit, cancellationToken);

    public Task<ConversationStored> SetConversationAsync(string user, string room, ConversationChange change, CancellationToken cancellationToken) =>
        log.SetConversationAsync(user, room, change, cancellationToken);

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) => log.MarkAsync(marks, cancellationToken);

    public Task<int> VersionAsync(CancellationToken cancellationToken) => log.VersionAsync(cancellationToken);

    public Task RaiseVersionAsync(int version, CancellationToken cancellationToken) => log.RaiseVersionAsync(version, cancellationToken);
}
