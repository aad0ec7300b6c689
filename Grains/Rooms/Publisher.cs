using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Publishes a room's items to all attached gateways, through their gateway streams. Each gateway gets the items in
/// order, and a slow gateway does not delay the other gateways. Callers never wait and get no exception. Not
/// thread-safe: all code of this class runs on the room grain's task scheduler.
/// </summary>
/// <param name="streamTo">Returns the function that appends an item to the stream of the given gateway.</param>
internal sealed class Publisher(
    RoomOptions options, Func<string, Func<GatewayStreamItem, Task>> streamTo, GrainInstruments instruments, TimeProvider time, ILogger logger)
{
    private readonly Dictionary<string, GatewayPublishQueue> _queues = [];

    /// <summary>Starts publishing to a gateway. The gateway gets every item from now on.</summary>
    public void Attach(string gateway)
    {
        // If the gateway was detached, its old queue may still be sending. Reusing the old queue keeps the items in
        // order.
        if (!_queues.TryGetValue(gateway, out var queue))
        {
            _queues[gateway] = queue = new GatewayPublishQueue(gateway, options, streamTo(gateway), instruments, time, logger);
        }

        queue.IsAttached = true;
    }

    /// <summary>
    /// Stops publishing to a gateway. The gateway still gets the items that already wait, such as the event that ended
    /// the membership of the gateway's last user.
    /// </summary>
    public void Detach(string gateway)
    {
        if (_queues.TryGetValue(gateway, out var queue))
        {
            queue.IsAttached = false;
            if (queue.Sending.IsCompleted)
            {
                _queues.Remove(gateway);
            }
        }
    }

    /// <summary>Queues an item for every attached gateway.</summary>
    public void Publish(GatewayStreamItem item)
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

    /// <summary>Completes when no item is waiting or in flight.</summary>
    public Task DrainAsync() => Task.WhenAll(_queues.Values.Select(queue => queue.Sending));
}
