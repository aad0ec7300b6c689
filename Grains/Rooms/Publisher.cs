using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Tells a room's gateways, each through its own inbox: in order for each, and none waits for another. Nobody waits for it, and nothing is
/// thrown at those who publish. Runs in the room's turns.
/// </summary>
/// <param name="inboxOf">How an item gets into a gateway's inbox.</param>
internal sealed class Publisher(
    RoomOptions options, Func<string, Func<InboxItem, Task>> inboxOf, GrainInstruments instruments, TimeProvider time, ILogger logger)
{
    private readonly Dictionary<string, InboxQueue> _queues = [];

    /// <summary>From here on the gateway gets everything.</summary>
    public void Attach(string gateway)
    {
        // A queue that still sends its last item is taken up again, so that the order holds.
        if (!_queues.TryGetValue(gateway, out var queue))
        {
            _queues[gateway] = queue = new InboxQueue(gateway, options, inboxOf(gateway), instruments, time, logger);
        }

        queue.IsAttached = true;
    }

    /// <summary>The gateway gets nothing any more.</summary>
    public void Detach(string gateway)
    {
        if (_queues.TryGetValue(gateway, out var queue))
        {
            queue.IsAttached = false;
            queue.Clear();
            if (queue.Sending.IsCompleted)
            {
                _queues.Remove(gateway);
            }
        }
    }

    /// <summary>Queues an item for every attached gateway.</summary>
    public void Publish(InboxItem item)
    {
        List<string>? unused = null;
        foreach (var (gateway, queue) in _queues)
        {
            if (queue.IsAttached)
            {
                queue.Add(item);
            }
            else if (queue.Sending.IsCompleted)
            {
                (unused ??= []).Add(gateway);
            }
        }

        unused?.ForEach(gateway => _queues.Remove(gateway));
    }

    /// <summary>Completes when nothing waits.</summary>
    public Task DrainAsync() => Task.WhenAll(_queues.Values.Select(queue => queue.Sending));
}
