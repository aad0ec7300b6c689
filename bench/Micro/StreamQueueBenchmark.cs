using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Streams;

namespace OrleansChat.Micro;

/// <summary>
/// Measures the path of a published batch inside its silo: into the queue, out of the queue, and through the ring of
/// its stream. The measurement ends with the batch that Orleans' pulling agent would deliver next.
/// </summary>
public class StreamQueueBenchmark
{
    private static readonly StreamId Stream = StreamId.Create(GatewayStreamNames.Namespace, "gateway");
    private readonly object[] _events = [new RoomEvents(Room.Name, 1, Room.After(0, 1))];
    private PushQueueReceiver? _receiver;
    private PushQueueCache? _cache;
    private RingCursor? _cursor;
    private PushQueue? _queue;

    public static IEnumerable<Shape> Shapes => [new(1, "1"), new(64, "64 queued together")];

    [ParamsSource(nameof(Shapes))]
    public Shape Of { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var (options, instruments) = (new PushStreamOptions(), new StreamsInstruments(new Meters(), GatewayStreamNames.Provider));
        _queue = new("queue", options, instruments, TimeProvider.System, NullLogger<PushQueue>.Instance);
        _receiver = new(_queue);
        _cache = new(options, instruments, TimeProvider.System, NullLogger<PushQueueCache>.Instance);
        _cursor = (RingCursor)_cache.GetCacheCursor(Stream, null);
    }

    [Benchmark(Description = "stream queue: publishes")]
    public async Task<int> Publish()
    {
        for (var i = 0; i < Of.Items; i++)
        {
            await _queue!.EnqueueAsync(new(Stream, _events, null));
        }

        _cache!.AddToCache(await _receiver!.GetQueueMessagesAsync(_cache.GetMaxAddCount()));
        var deliveries = 0;
        while (_cursor!.MoveNext())
        {
            deliveries += _cursor.GetCurrent(out _) is null ? 0 : 1;
        }

        return deliveries;
    }
}
