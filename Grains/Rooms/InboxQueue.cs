using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>What one room has to tell one gateway, in order.</summary>
internal sealed partial class InboxQueue(
    string gateway, int most, Func<InboxItem, Task> send, GrainInstruments instruments, ILogger logger)
{
    private readonly Queue<InboxItem> _waiting = [];
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
        if (_waiting.Count > 0 && _events + weight > most)
        {
            instruments.PublishesDropped.Add(_waiting.Count);
            LogDropped(gateway, _events);
            Clear();
        }

        _waiting.Enqueue(item);
        _events += weight;
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
        while (_waiting.TryDequeue(out var item))
        {
            _events -= Weight(item);
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
    }

    [LoggerMessage(110, LogLevel.Warning, "The inbox of gateway {Gateway} did not take {Item}; it will repair from the log.")]
    private partial void LogFailed(Exception failure, string gateway, string item);

    [LoggerMessage(111, LogLevel.Warning, "The inbox of gateway {Gateway} does not keep up; {Events} waiting events were dropped.")]
    private partial void LogDropped(string gateway, int events);
}
