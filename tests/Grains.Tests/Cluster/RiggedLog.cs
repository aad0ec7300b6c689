using System.Collections.Concurrent;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Tests.Cluster;

/// <summary>The faults that a test sets for one room of the log.</summary>
internal sealed class Rig
{
    private TaskCompletionSource? _held;
    private TaskCompletionSource? _heldAnswers;
    private int _appends;
    private int _calls;

    /// <summary>Whether every call about the room fails, except the calls for read marks.</summary>
    public bool Away { get; set; }

    /// <summary>
    /// Whether appends and creations fail after the commit, so that the caller does not know the outcome.
    /// </summary>
    public bool LosesAnswers { get; set; }

    /// <summary>A text that the store refuses, together with the whole append or creation that contains it.</summary>
    public string? Refused { get; set; }

    /// <summary>
    /// Whether the store refuses the room's name. If so, it permanently refuses every call for the room, except the
    /// calls for heads and read marks.
    /// </summary>
    public bool RefusesName { get; set; }

    /// <summary>Whether the store permanently refuses every creation of the room.</summary>
    public bool RefusesCreation { get; set; }

    /// <summary>Whether the calls that count replies fail.</summary>
    public bool CannotCountReplies { get; set; }

    /// <summary>Called after the log has counted what a user has not read, before the room gets the counts.</summary>
    public Func<Task>? Counted { get; set; }

    public int Appends => _appends;

    /// <summary>Number of calls about the room, except the calls for heads and read marks.</summary>
    public int Calls => _calls;

    public void Count() => Interlocked.Increment(ref _calls);

    /// <summary>Completes when an append waits because of <see cref="Hold"/>.</summary>
    public TaskCompletionSource Reached { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes appends wait before they commit, until <see cref="Release"/> is called.</summary>
    public void Hold()
    {
        Reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Makes appends wait after they commit, until <see cref="Release"/> is called.</summary>
    public void HoldAnswers()
    {
        Reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _heldAnswers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release()
    {
        Interlocked.Exchange(ref _held, null)?.SetResult();
        Interlocked.Exchange(ref _heldAnswers, null)?.SetResult();
    }

    public async Task AnswerAsync()
    {
        if (_heldAnswers is { } held)
        {
            Reached.TrySetResult();
            await held.Task;
        }
    }

    /// <summary>Throws if the store must permanently refuse these entries.</summary>
    public void Check(IReadOnlyCollection<MessageLogEntry> entries, bool isCreation = false)
    {
        if (RefusesName || (isCreation && RefusesCreation) || (Refused is { } text && entries.Any(entry => entry.Text == text)))
        {
            throw new MessageLogEntryException("The store cannot keep the entry.");
        }
    }

    public async Task PassAsync()
    {
        Interlocked.Increment(ref _appends);
        if (_held is { } held)
        {
            Reached.TrySetResult();
            await held.Task;
        }
    }
}

/// <summary>
/// A log with faults. For each room separately, a test can hold appends, make calls fail, or lose answers.
/// </summary>
internal sealed class RiggedLog(IMessageLog log) : IMessageLog
{
    private readonly ConcurrentDictionary<string, Rig> _rigs = [];
    private int _creations;
    private int _versionReads;

    /// <summary>Number of room creations so far.</summary>
    public int Creations => Volatile.Read(ref _creations);

    /// <summary>The version that the log reports.</summary>
    public int Version { get; set; } = LogVersion.Known;

    /// <summary>Whether calls that read the version fail.</summary>
    public bool HidesVersion { get; set; }

    public int VersionReads => Volatile.Read(ref _versionReads);

    public Rig this[string room] => _rigs.GetOrAdd(room, _ => new Rig());

    public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => Present(room).ClaimAsync(room, cancellationToken);

    public async Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken)
    {
        var rig = this[creation.Room];
        Interlocked.Increment(ref _creations);
        if (creation.Entries.Count > 0)
        {
            await rig.PassAsync();
        }

        rig.Check(creation.Entries, isCreation: true);
        var created = await Present(creation.Room).CreateAsync(creation, cancellationToken);
        return rig.LosesAnswers ? throw new MessageLogUnavailableException("The answer was lost.") : created;
    }

    /// <summary>Creates a room without faults, like a silo whose calls the test does not hold.</summary>
    public Task<CreatedRoom> CreateUnriggedAsync(RoomCreation creation, CancellationToken cancellationToken) => log.CreateAsync(creation, cancellationToken);

    public async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        var rig = this[append.Room];
        await rig.PassAsync();
        rig.Check(append.Entries);
        var result = await Present(append.Room).AppendAsync(append, cancellationToken);
        await rig.AnswerAsync();
        return rig.LosesAnswers ? throw new MessageLogUnavailableException("The answer was lost.") : result;
    }

    public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken)
        => Present(room).FindAsync(room, user, clientId, cancellationToken);

    public Task<bool> BlockAsync(string user, string blocked, CancellationToken cancellationToken)
        => Present("").BlockAsync(user, blocked, cancellationToken);

    public Task UnblockAsync(string user, string blocked, CancellationToken cancellationToken)
        => Present("").UnblockAsync(user, blocked, cancellationToken);

    public Task<IReadOnlyList<string>> BlocksAsync(string user, CancellationToken cancellationToken)
        => Present("").BlocksAsync(user, cancellationToken);

    public Task<IReadOnlyList<string>> BlockersAsync(string user, IReadOnlyCollection<string> users, CancellationToken cancellationToken)
        => Present("").BlockersAsync(user, users, cancellationToken);

    public Task<DirectFacts> DirectAsync(string room, string user, string other, CancellationToken cancellationToken)
        => Present(room).DirectAsync(room, user, other, cancellationToken);

    public Task<ReportTarget?> ReportTargetAsync(string room, long message, string user, CancellationToken cancellationToken)
        => Present(room).ReportTargetAsync(room, message, user, cancellationToken);

    public Task<ReportStored> ReportAsync(string room, NewReport report, CancellationToken cancellationToken)
        => Present(room).ReportAsync(room, report, cancellationToken);

    public Task<IReadOnlyList<MessageReport>> ReportsAsync(string room, int limit, CancellationToken cancellationToken)
        => Present(room).ReportsAsync(room, limit, cancellationToken);

    public Task DismissAsync(string room, long message, CancellationToken cancellationToken)
        => Present(room).DismissAsync(room, message, cancellationToken);

    public Task<RoomSettings?> SettingsAsync(string room, CancellationToken cancellationToken)
        => Present(room).SettingsAsync(room, cancellationToken);

    public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken)
        => Present(room).ReadAsync(room, range, cancellationToken);

    public Task<IReadOnlyDictionary<long, int>> RepliesAsync(string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken)
        => this[room].CannotCountReplies ? throw new MessageLogUnavailableException("Away.") : Present(room).RepliesAsync(room, messages, cancellationToken);

    public Task<SelectedPage> SelectAsync(string room, SelectedRange range, CancellationToken cancellationToken)
        => Present(room).SelectAsync(room, range, cancellationToken);

    public Task<IReadOnlyList<long>> PinsAsync(string room, CancellationToken cancellationToken)
        => Present(room).PinsAsync(room, cancellationToken);

    public Task<IReadOnlyList<string>?> ReadersAsync(string room, long message, int limit, CancellationToken cancellationToken)
        => Present(room).ReadersAsync(room, message, limit, cancellationToken);

    public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken)
        => rooms.Any(room => this[room].Away) ? throw new MessageLogUnavailableException("Away.") : log.HeadsAsync(rooms, cancellationToken);

    public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken)
        => Present(room).FactsAsync(room, user, cancellationToken);

    public async Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken)
    {
        var counted = await Present(room).CountedFactsAsync(room, user, cancellationToken);
        await (this[room].Counted?.Invoke() ?? Task.CompletedTask);
        return counted;
    }

    public Task<ConversationRows> ConversationsAsync(string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken)
        => Present("").ConversationsAsync(user, before, limit, cancellationToken);

    public Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken)
        => Present("").ConversationChangesAsync(user, cursor, limit, cancellationToken);

    public Task<ConversationStored> SetConversationAsync(string user, string room, ConversationChange change, CancellationToken cancellationToken)
        => Present(room).SetConversationAsync(user, room, change, cancellationToken);

    public Task<IReadOnlyList<Member>> MembersAsync(string room, CancellationToken cancellationToken)
        => Present(room).MembersAsync(room, cancellationToken);

    public Task<long> CountGroupsAsync(string user, bool withInvitations, int most, CancellationToken cancellationToken)
        => log.CountGroupsAsync(user, withInvitations, most, cancellationToken);

    public Task<IReadOnlyList<RoomLink>> LinksAsync(string room, CancellationToken cancellationToken)
        => Present(room).LinksAsync(room, cancellationToken);

    public Task<bool> HasLinkAsync(string room, string user, IReadOnlyCollection<string> hashes, long now, CancellationToken cancellationToken)
        => Present(room).HasLinkAsync(room, user, hashes, now, cancellationToken);

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken)
        => log.MarkAsync(marks, cancellationToken);

    public Task<int> VersionAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _versionReads);
        return HidesVersion ? throw new MessageLogUnavailableException("Away.") : Task.FromResult(Version);
    }

    public Task RaiseVersionAsync(int version, CancellationToken cancellationToken) => log.RaiseVersionAsync(version, cancellationToken);

    private IMessageLog Present(string room)
    {
        this[room].Count();
        this[room].Check([]);
        return this[room].Away ? throw new MessageLogUnavailableException("Away.") : log;
    }
}
