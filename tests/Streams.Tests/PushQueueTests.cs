using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Streams;

namespace OrleansChat.Streams.Tests;

public sealed class PushQueueTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Read_WhenTheQueueIsEmpty_CompletesWithTheNextBatch()
    {
        var queue = Queue(new() { IdleWait = TimeSpan.FromMinutes(1) });
        var read = queue.ReadAsync(10, TestContext.Current.CancellationToken);
        Assert.False(read.IsCompleted);

        await queue.EnqueueAsync(Batch("a"));

        Assert.Equal("a", Assert.Single(Names(await Soon(read))));
    }

    [Fact]
    public async Task Read_WhenNothingArrives_ReturnsEmptyAndLosesNothing()
    {
        var queue = Queue(new() { IdleWait = TimeSpan.FromMilliseconds(10) });
        for (var round = 0; round < 3; round++)
        {
            Assert.Empty(await Soon(queue.ReadAsync(10, TestContext.Current.CancellationToken)));
        }

        await queue.EnqueueAsync(Batch("a"));

        Assert.Equal(["a"], Names(await Soon(queue.ReadAsync(10, TestContext.Current.CancellationToken))));
    }

    [Fact]
    public async Task Read_WhenCancelled_ReturnsEmptyWithoutThrowing()
    {
        var queue = Queue(new() { IdleWait = TimeSpan.FromMinutes(1) });
        using var stop = new CancellationTokenSource();
        var read = queue.ReadAsync(10, stop.Token);

        await stop.CancelAsync();

        Assert.Empty(await Soon(read));
    }

    [Fact]
    public async Task Read_WhenMoreWaitsThanTheLimit_TakesTheOldestFirst()
    {
        var queue = Queue(new());
        foreach (var name in (string[])["a", "b", "c"])
        {
            await queue.EnqueueAsync(Batch(name));
        }

        var first = await queue.ReadAsync(2, TestContext.Current.CancellationToken);
        var second = await queue.ReadAsync(2, TestContext.Current.CancellationToken);

        Assert.Equal(["a", "b"], Names(first));
        Assert.Equal(["c"], Names(second));
        Assert.Equal([1, 2, 3], first.Concat(second).Select(batch => batch.SequenceToken.SequenceNumber));
    }

    [Fact]
    public async Task Enqueue_WhenTheQueueIsFull_WaitsAndKeepsTheOrder()
    {
        var queue = Queue(new() { QueueCapacity = 1, EnqueueTimeout = TimeSpan.FromMinutes(1) });
        await queue.EnqueueAsync(Batch("a"));
        var second = queue.EnqueueAsync(Batch("b"));
        var third = queue.EnqueueAsync(Batch("c"));
        Assert.False(second.IsCompleted);

        var read = new List<IBatchContainer>();
        while (read.Count < 3)
        {
            read.AddRange(await Soon(queue.ReadAsync(1, TestContext.Current.CancellationToken)));
        }

        await Task.WhenAll(second, third).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal(["a", "b", "c"], Names(read));
    }

    [Fact]
    public async Task Enqueue_WhenTheTimeoutIsZeroAndTheQueueIsFull_FailsAtOnce()
    {
        var queue = Queue(new() { QueueCapacity = 1, EnqueueTimeout = TimeSpan.Zero });
        await queue.EnqueueAsync(Batch("a"));

        await Assert.ThrowsAsync<StreamQueueFullException>(() =>
            queue.EnqueueAsync(Batch("b")).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Stop_WhenProducersWait_FailsThemAndLaterOnes()
    {
        var queue = Queue(new() { QueueCapacity = 1, EnqueueTimeout = TimeSpan.FromMinutes(1) });
        await queue.EnqueueAsync(Batch("a"));
        var waiting = queue.EnqueueAsync(Batch("b"));

        queue.Stop();

        await Assert.ThrowsAsync<StreamQueueStoppedException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<StreamQueueStoppedException>(() => queue.EnqueueAsync(Batch("c")));
    }

    private PushQueue Queue(PushStreamOptions options) => new(
        "unit/0",
        options,
        new StreamsInstruments(_services.GetRequiredService<IMeterFactory>(), "unit"),
        TimeProvider.System,
        NullLogger<PushQueue>.Instance);

    private static PushBatch Batch(string name) => new(StreamId.Create("test", "one"), [name], null);

    private static IEnumerable<string> Names(IEnumerable<IBatchContainer> batches) =>
        batches.SelectMany(batch => batch.GetEvents<string>()).Select(item => item.Item1);

    private static Task<IList<IBatchContainer>> Soon(Task<IList<IBatchContainer>> read) =>
        read.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
}
