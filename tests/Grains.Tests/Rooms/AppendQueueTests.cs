using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>How the queue batches a room's entries while they wait for an append.</summary>
public sealed class AppendQueueTests
{
    private readonly Turns _turns = new();
    private readonly List<RoomEventKind> _order = [];
    private readonly List<(int Entries, TaskCompletionSource Done)> _commits = [];

    [Fact]
    public async Task AppendQueue_WhenACommitRuns_JoinsTheWaitingEntries()
    {
        var queue = Queue(rowsPerBatch: 256);
        await AddAsync(queue, 1);
        await CommitsAsync(1);
        for (var i = 0; i < 20; i++)
        {
            await AddAsync(queue, 1);
        }

        Assert.Single(_commits);
        _commits[0].Done.SetResult();
        await CommitsAsync(2);
        Assert.Equal(20, _commits[1].Entries);
    }

    [Fact]
    public async Task AppendQueue_WhenOneTurnAddsMany_BatchesUpToTheLimit()
    {
        var queue = Queue(rowsPerBatch: 8);

        await AddAsync(queue, 20);
        await CommitsAsync(1);
        _commits[0].Done.SetResult();
        await CommitsAsync(2);
        _commits[1].Done.SetResult();
        await CommitsAsync(3);

        Assert.Equal([8, 8, 4], _commits.Select(commit => commit.Entries));
    }

    [Fact]
    public async Task AppendQueue_WhenAnEntryChangesRights_CommitsItAlone()
    {
        var queue = Queue(rowsPerBatch: 256);

        await _turns.RunAsync(() =>
        {
            Add(queue, RoomEventKind.Msg);
            Add(queue, RoomEventKind.Join);
            Add(queue, RoomEventKind.Kick);
            Add(queue, RoomEventKind.Msg);
            Add(queue, RoomEventKind.Leave);
            Add(queue, RoomEventKind.Role);
            Add(queue, RoomEventKind.Ban);
            Add(queue, RoomEventKind.Link);
            Add(queue, RoomEventKind.Unlink);
            Add(queue, RoomEventKind.Msg);
        });
        for (var commit = 1; commit <= 8; commit++)
        {
            await CommitsAsync(commit);
            _commits[commit - 1].Done.SetResult();
        }

        Assert.Equal([2, 1, 2, 1, 1, 1, 1, 1], _commits.Select(commit => commit.Entries));
        Assert.Equal("Msg Join Kick Msg Leave Role Ban Link Unlink Msg", string.Join(' ', _order));
    }

    private static void Add(AppendQueue queue, RoomEventKind kind) => Assert.True(queue.TryAdd(WaitingEntry.OfServer("ann", kind, 0, "bob")));

    private AppendQueue Queue(int rowsPerBatch) => new(rowsPerBatch, most: 100, batch =>
    {
        _order.AddRange(batch.Entries.Select(entry => entry.Entry.Kind));
        _commits.Add((batch.Entries.Count, new()));
        return _commits[^1].Done.Task;
    });

    private Task AddAsync(AppendQueue queue, int entries) => _turns.RunAsync(() =>
    {
        for (var i = 0; i < entries; i++)
        {
            Assert.True(queue.TryAdd(WaitingEntry.Create(new("ann", Guid.NewGuid().ToString("n"), RoomEventKind.Msg, "hello", null, null, null), 0)));
        }
    });

    private Task CommitsAsync(int count) => _turns.UntilAsync($"commit {count}", () => _commits.Count >= count);
}
