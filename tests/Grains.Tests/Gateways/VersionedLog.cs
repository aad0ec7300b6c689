using System.Collections.Concurrent;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Tests.Gateways;

/// <summary>A log that has a version and nothing else.</summary>
internal sealed class VersionedLog(int version) : IMessageLog
{
    private int _version = version;

    /// <summary>The arguments of all <c>RaiseVersionAsync</c> calls, in order. Failed calls are included.</summary>
    public ConcurrentQueue<int> Raises { get; } = [];

    /// <summary>Number of calls so far that read the version.</summary>
    public int Reads { get; private set; }

    /// <summary>Whether every call fails.</summary>
    public bool Away { get; set; }

    /// <summary>Whether calls that raise the version fail after they were executed.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>If this is set, calls that raise the version wait until the task of this source completes.</summary>
    public TaskCompletionSource? Held { get; set; }

    public Task<int> VersionAsync(CancellationToken cancellationToken)
    {
        Reads++;
        return Away ? Task.FromException<int>(new MessageLogUnavailableException("Away.")) : Task.FromResult(_version);
    }

    public async Task RaiseVersionAsync(int version, CancellationToken cancellationToken)
    {
        Raises.Enqueue(version);
        if (Held is { } held)
        {
            await held.Task.WaitAsync(cancellationToken);
        }

        _version = Away ? _version : version;
        if (Away || LosesAnswers)
        {
            throw new MessageLogUnavailableException("Away.");
        }
    }

    public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<bool> BlockAsync(string user, string blocked, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task UnblockAsync(string user, string blocked, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> BlocksAsync(string user, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> BlockersAsync(string user, IReadOnlyCollection<string> users, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<DirectFacts> DirectAsync(string room, string user, string other, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ReportTarget?> ReportTargetAsync(string room, long message, string user, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ReportStored> ReportAsync(string room, NewReport report, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<MessageReport>> ReportsAsync(string room, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DismissAsync(string room, long message, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RoomSettings?> SettingsAsync(string room, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<long, int>> RepliesAsync(string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<SelectedPage> SelectAsync(string room, SelectedRange range, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<long>> PinsAsync(string room, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>?> ReadersAsync(string room, long message, int limit, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<Member>> MembersAsync(string room, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<long> CountGroupsAsync(string user, bool withInvitations, int most, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<RoomLink>> LinksAsync(string room, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> HasLinkAsync(string room, string user, IReadOnlyCollection<string> hashes, long now, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<ConversationRows> ConversationsAsync(string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task<ConversationStored> SetConversationAsync(string user, string room, ConversationChange change, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) => throw new NotSupportedException();
}
