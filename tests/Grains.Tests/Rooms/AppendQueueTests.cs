using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>How entries that wait for a room's log are batched. The test runs each turn.</summary>
public sealed class AppendQueueTests
{
    private readonly Turns _turns = new();
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

    private AppendQueue Queue(int rowsPerBatch) => new(rowsPerBatch, most: 100, batch =>
    {
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
