using System.Collections.Concurrent;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Grains.Tests.Cluster;

/// <summary>What can go wrong with the log of one room.</summary>
internal sealed class Rig
{
    private TaskCompletionSource? _held;
    private int _appends;

    /// <summary>Every call fails.</summary>
    public bool Away { get; set; }

    /// <summary>Appends commit, and then fail: nobody knows how they ended.</summary>
    public bool LosesAnswers { get; set; }

    public int Appends => _appends;

    /// <summary>Completes once an append waits at the barrier.</summary>
    public TaskCompletionSource Reached { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From here on appends wait before they commit.</summary>
    public void Hold()
    {
        Reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release() => Interlocked.Exchange(ref _held, null)?.SetResult();

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

/// <summary>A log whose rooms can be held, taken away, or made to lose their answers, each on its own.</summary>
internal sealed class RiggedLog(IMessageLog log) : IMessageLog
{
    private readonly ConcurrentDictionary<string, Rig> _rigs = [];

    public Rig this[string room] => _rigs.GetOrAdd(room, _ => new Rig());

    public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) => Present(room).ClaimAsync(room, cancellationToken);

    public Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken)
        => Present(room).CreateAsync(room, kind, cancellationToken);

    public async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        var rig = this[append.Room];
        await rig.PassAsync();
        var result = await Present(append.Room).AppendAsync(append, cancellationToken);
        return rig.LosesAnswers ? throw new LogUnavailableException("The answer was lost.") : result;
    }

    public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken)
        => Present(room).FindAsync(room, user, clientId, cancellationToken);

    public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken)
        => Present(room).ReadAsync(room, after, limit, cancellationToken);

    public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken)
        => rooms.Any(room => this[room].Away) ? throw new LogUnavailableException("Away.") : log.HeadsAsync(rooms, cancellationToken);

    public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken)
        => Present(room).FactsAsync(room, user, cancellationToken);

    public Task<IReadOnlyList<string>> MembersAsync(string room, CancellationToken cancellationToken)
        => Present(room).MembersAsync(room, cancellationToken);

    public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken)
        => log.MarkAsync(marks, cancellationToken);

    private IMessageLog Present(string room) => this[room].Away ? throw new LogUnavailableException("Away.") : log;
}
