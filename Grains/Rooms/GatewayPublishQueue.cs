using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Streams;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The items that one room publishes to one gateway, in order. The queue publishes the events of several waiting
/// commits as one item. Not thread-safe: all code of this class runs on the room grain's task scheduler.
/// </summary>
/// <param name="send">Appends an item to the gateway's stream.</param>
internal sealed partial class GatewayPublishQueue(
    string gateway, RoomOptions options, Func<GatewayStreamItem, Task> send, GrainInstruments instruments, TimeProvider time, ILogger logger)
{
    private readonly Queue<GatewayStreamItem> _waiting = [];
    private readonly BatchThrottle _throttle = new(options.PublishInterval, time);
    private TaskCompletionSource? _enough;
    private int _events;

    public bool IsAttached { get; set; }

    /// <summary>The loop that publishes. Completed if no item waits or is in flight. Never fails.</summary>
    public Task Sending { get; private set; } = Task.CompletedTask;

    /// <summary>
    /// Queues an item. If more than <see cref="RoomOptions.WaitingPublishes"/> events would then wait, first drops all
    /// waiting items. The gateway notices the gap at the next item or by its head poller, and then reads the dropped
    /// events from the log. For a gateway that cannot keep up, reading the log is cheaper than a long queue.
    /// </summary>
    public void Add(GatewayStreamItem item)
    {
        var weight = Weight(item);
        if (_waiting.Count > 0 && _events + weight > options.WaitingPublishes)
        {
            instruments.PublishesDropped.Add(_waiting.Count);
            LogDropped(gateway, _events);
            Clear();
        }

        _waiting.Enqueue(item);
        _events += weight;
        if (_events >= options.PublishEvents)
        {
            _enough?.TrySetResult();
        }

        if (Sending.IsCompleted)
        {
            Sending = SendAsync();
        }
    }

    private void Clear()
    {
        _waiting.Clear();
        _events = 0;
    }

    private static int Weight(GatewayStreamItem item) => item is RoomEvents batch ? batch.Events.Length : 1;

    private async Task SendAsync()
    {
        // Yield, so that the room answers the entries of a commit before it publishes the events.
        await Task.Yield();
        while (_waiting.Count > 0)
        {
            if (_throttle.Wait is { Ticks: > 0 } wait && _events < options.PublishEvents)
            {
                _enough = new();
                await Task.WhenAny(Task.Delay(wait, time), _enough.Task);
                _enough = null;
            }

            // Under heavy load the events arrive in bursts. After a large publish, wait 50 % longer, so that the next
            // publish includes the next burst.
            _throttle.OnFlushed(_events > options.PublishEvents / 4 ? 1.5 : 1);
            while (TryTake(out var item))
            {
                await TrySendAsync(item);
            }
        }
    }

    private async Task TrySendAsync(GatewayStreamItem item)
    {
        try
        {
            await send(item);
        }
        catch (Exception exception)
        {
            instruments.PublishesFailed.Add(1);
            LogFailed(exception, gateway, item.GetType().Name);
        }
    }

    /// <summary>
    /// Takes the next item. Joins the events of consecutive commits into one item of at most
    /// <see cref="RoomOptions.RowsPerBatch"/> events.
    /// </summary>
    private bool TryTake([NotNullWhen(true)] out GatewayStreamItem? item)
    {
        if (!_waiting.TryDequeue(out item))
        {
            return false;
        }

        _events -= Weight(item);
        if (item is not RoomEvents first || !IsNext(first, first.Events.Length))
        {
            return true;
        }

        List<RoomEvent> events = [.. first.Events];
        do
        {
            var next = (RoomEvents)_waiting.Dequeue();
            _events -= next.Events.Length;
            events.AddRange(next.Events);
        }
        while (IsNext(first, events.Count));

        item = first with { Events = [.. events] };
        return true;
    }

    private bool IsNext(RoomEvents first, int taken) =>
        _waiting.TryPeek(out var waiting) && waiting is RoomEvents next && next.Claim == first.Claim
        && next.Events[0].Seq == first.Events[0].Seq + taken && taken + next.Events.Length <= options.RowsPerBatch;

    [LoggerMessage(110, LogLevel.Warning,
        "Publishing {Item} to gateway {Gateway} failed; the gateway reads lost events from the message log")]
    private partial void LogFailed(Exception exception, string gateway, string item);

    [LoggerMessage(111, LogLevel.Warning,
        "The stream of gateway {Gateway} cannot keep up; {Events} waiting events were dropped")]
    private partial void LogDropped(string gateway, int events);
}
