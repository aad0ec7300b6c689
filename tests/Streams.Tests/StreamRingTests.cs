using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using OrleansChat.TestSupport;

namespace OrleansChat.Streams.Tests;

/// <summary>Tests the cache of a queue, with the calls that the queue's agent makes.</summary>
public sealed class StreamRingTests : IDisposable
{
    private static readonly StreamId Stream = StreamId.Create("test", "one");

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTime _time = new();
    private readonly PushQueueCache _cache;
    private long _sequence;

    public StreamRingTests() => _cache = NewCache(new() { EventsPerStream = 8, BatchSize = 4, MaxEventDeliveryTime = TimeSpan.FromSeconds(5) });

    public void Dispose() => _services.Dispose();

    [Fact]
    public void MoveNext_WhenManyEventsWait_TakesUpToTheBatchSize()
    {
        using var cursor = Cursor();
        Add(1, 1, 1, 1, 1);

        Assert.Equal([1, 2, 3, 4], Next(cursor));
        Assert.Equal([5], Next(cursor));
        Assert.Empty(Next(cursor));
    }

    [Fact]
    public void MoveNext_WhenAPublishIsLargerThanTheBatchSize_DeliversItAloneAndWhole()
    {
        using var cursor = Cursor();
        Add(1, 6, 1);

        Assert.Equal([1], Next(cursor));
        Assert.Equal([2, 2, 2, 2, 2, 2], Next(cursor));
        Assert.Equal([3], Next(cursor));
    }

    [Fact]
    public void Add_WhenTheEventsExceedTheRing_DropsTheOldest()
    {
        using var cursor = Cursor();
        Add(4, 4, 2);

        Assert.Equal([2, 2, 2, 2], Next(cursor));
        Assert.Equal([3, 3], Next(cursor));
    }

    [Fact]
    public void Add_WhenOnePublishIsLargerThanTheRing_KeepsItAlone()
    {
        using var cursor = Cursor();
        Add(1, 20);

        Assert.Equal(Enumerable.Repeat(2, 20), Next(cursor));
    }

    [Fact]
    public void Add_WhenItWrapsAroundManyTimes_KeepsTheOrder()
    {
        using var cursor = Cursor();
        var taken = new List<int>();
        for (var round = 0; round < 100; round++)
        {
            Add([.. Enumerable.Repeat(1, 1 + round % 7)]);
            while (Next(cursor) is { Length: > 0 } numbers)
            {
                taken.AddRange(numbers);
            }
        }

        Assert.Equal(Enumerable.Range(1, (int)_sequence), taken);
    }

    [Fact]
    public void Cursor_WhenAnotherConsumerIsFaster_KeepsItsEvents()
    {
        using var slow = Cursor();
        using var fast = Cursor();
        Add(1, 1, 1);
        Assert.Equal([1, 2, 3], Next(fast));
        Add(1);

        Assert.Equal([1, 2, 3, 4], Next(slow));
        Assert.Equal([4], Next(fast));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(0, 1)] // There is no event 0, so the cursor starts at the oldest event.
    public void Cursor_WhenASubscriptionNamesItsFirstEvent_StartsThere(int sequence, int first)
    {
        using var pin = Cursor();
        Add(1, 1, 1);

        using var cursor = Cursor(new EventSequenceTokenV2(sequence));

        Assert.Equal(Enumerable.Range(first, 4 - first), Next(cursor));
    }

    [Fact]
    public void Cursor_WhenASubscriptionNamesNoEvent_GetsOnlyLaterEvents()
    {
        Add(1, 1);
        using var cursor = Cursor();
        Add(1);

        Assert.Equal([3], Next(cursor));
    }

    [Fact]
    public void Purge_WhenASubscriberIsConnecting_KeepsItsEventsForAWhile()
    {
        Add(1);
        Purge(after: 5);
        Add(1); // Sequence 2 arrives during the handshake of a subscriber.
        Purge(after: 5); // A purge drops only events that the purge before it already found. So this purge keeps sequence 2.
        using (var cursor = Cursor(new EventSequenceTokenV2(2)))
        {
            Assert.Equal([2], Next(cursor));
        }

        Purge(after: 5);
        Purge(after: 5);
        Assert.Equal(0, _cache.Streams);
    }

    [Fact]
    public void Purge_WhenAConsumerExists_KeepsItsEvents()
    {
        using var cursor = Cursor();
        Add(1);

        Purge(after: 5);
        Purge(after: 5);
        Purge(after: 5);

        Assert.Equal([1], Next(cursor));
        Assert.Equal(1, _cache.Streams);
    }

    [Fact]
    public void Dispose_WhenCalledTwice_LeavesTheOtherConsumersAlone()
    {
        using var other = Cursor();
        var cursor = Cursor();
        Add(1);

        cursor.Dispose();
        cursor.Dispose();

        Assert.False(Moved(cursor));
        Assert.Equal([1], Next(other));
    }

    private PushQueueCache NewCache(PushStreamOptions options) => new(
        options,
        new StreamsInstruments(_services.GetRequiredService<IMeterFactory>(), "unit"),
        _time,
        NullLogger<PushQueueCache>.Instance);

    private IQueueCacheCursor Cursor(StreamSequenceToken? token = null) => _cache.GetCacheCursor(Stream, token);

    /// <summary>
    /// For each size, adds one publish with this number of events. The value of each event is the sequence of its
    /// publish.
    /// </summary>
    private void Add(params int[] sizes) => _cache.AddToCache([.. sizes.Select(size =>
        new PushBatch(Stream, [.. Enumerable.Repeat((object)(int)++_sequence, size)], null) { Sequence = _sequence })]);

    private void Purge(int after)
    {
        _time.Advance(TimeSpan.FromSeconds(after));
        _cache.TryPurgeFromCache(out _);
    }

    /// <summary>Returns the events of the next delivery, or none if nothing waits.</summary>
    private static int[] Next(IQueueCacheCursor cursor) =>
        Moved(cursor) ? [.. cursor.GetCurrent(out _)!.GetEvents<int>().Select(item => item.Item1)] : [];

    private static bool Moved(IQueueCacheCursor cursor) => cursor.MoveNextWithResult().Kind == QueueCacheCursorMoveResultKind.Success;
}
