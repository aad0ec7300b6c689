using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>What one room has to tell one gateway, in order; commits that wait together travel together.</summary>
internal sealed partial class InboxQueue(
    string gateway, RoomOptions options, Func<InboxItem, Task> send, GrainInstruments instruments, TimeProvider time, ILogger logger)
{
    private readonly Queue<InboxItem> _waiting = [];
    private readonly Pace _pace = new(TimeSpan.FromMilliseconds(options.TellMs), time);
    private TaskCompletionSource? _enough;
    private int _events;

    public bool IsAttached { get; set; }

    /// <summary>The loop that sends; completed while nothing waits. Never fails.</summary>
    public Task Sending { get; private set; } = Task.CompletedTask;

    /// <summary>
    /// Queues an item. When too many events wait, all that wait is dropped: the gateway sees the hole at the next item, or by its beacon,
    /// and reads the log once, which is cheaper than a long queue for an inbox that does not keep up.
    /// </summary>
    public void Add(InboxItem item)
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
        if (_events >= options.TellEvents)
        {
            _enough?.TrySetResult();
        }

        if (Sending.IsCompleted)
        {
            Sending = SendAsync();
        }
    }

    public void Clear()
    {
        _waiting.Clear();
        _events = 0;
    }

    private static int Weight(InboxItem item) => item is RoomEvents batch ? batch.Events.Length : 1;

    private async Task SendAsync()
    {
        // The answers leave first.
        await Task.Yield();
        while (_waiting.Count > 0)
        {
            if (_pace.Wait is { Ticks: > 0 } wait && _events < options.TellEvents)
            {
                _enough = new();
                await Task.WhenAny(Task.Delay(wait, time), _enough.Task);
                _enough = null;
            }

            // A flood comes in lumps: half as long again, and the next one is there.
            _pace.Done(_events > options.TellEvents / 4 ? 1.5 : 1);
            while (TryTake(out var item))
            {
                await TrySendAsync(item);
            }
        }
    }

    private async Task TrySendAsync(InboxItem item)
    {
        try
        {
            await send(item);
        }
        catch (Exception failure)
        {
            instruments.PublishesFailed.Add(1);
            LogFailed(failure, gateway, item.GetType().Name);
        }
    }

    /// <summary>The next item; commits that follow each other as one, with at most <see cref="RoomOptions.RowsPerBatch"/> events.</summary>
    private bool TryTake([NotNullWhen(true)] out InboxItem? item)
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

    [LoggerMessage(110, LogLevel.Warning, "The inbox of gateway {Gateway} did not take {Item}; it will repair from the log.")]
    private partial void LogFailed(Exception failure, string gateway, string item);

    [LoggerMessage(111, LogLevel.Warning, "The inbox of gateway {Gateway} does not keep up; {Events} waiting events were dropped.")]
    private partial void LogDropped(string gateway, int events);
}
