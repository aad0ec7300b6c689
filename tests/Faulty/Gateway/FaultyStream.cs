using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Faulty.Gateway;

/// <summary>Applies a fault to the items of the gateway stream. A test can change the fault at run time.</summary>
internal sealed class FaultyStream(GatewayFaults faults, BackgroundTasks background, TimeProvider time) : IGatewayStreamFilter
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GatewayStreamItem> _last = [];
    private readonly Random _random = new(faults.Seed);
    private StreamFault _fault = faults.Stream;
    private double _share = faults.Share;
    private int _struck;

    /// <summary>Sets another fault.</summary>
    /// <returns>The number of items that the previous fault affected.</returns>
    public int Become(StreamFault fault, double share)
    {
        lock (_gate)
        {
            (_fault, _share, var struck, _struck) = (fault, share, _struck, 0);
            return struck;
        }
    }

    /// <inheritdoc/>
    public void Received(GatewayStreamItem item, Action<GatewayStreamItem> handOn)
    {
        StreamFault fault;
        TimeSpan late;
        lock (_gate)
        {
            fault = _fault != StreamFault.None && _random.NextDouble() < _share ? _fault : StreamFault.None;
            _struck += fault == StreamFault.None ? 0 : 1;
            late = TimeSpan.FromMilliseconds(fault == StreamFault.Reorder ? _random.Next(faults.DelayMs) : faults.DelayMs);
        }

        switch (fault)
        {
            case StreamFault.Drop:
                break;
            case StreamFault.Delay or StreamFault.Reorder:
                background.Add(HandOnLateAsync(item, late, handOn));
                break;
            case StreamFault.LoseLast:
                HandOnTheOneBefore(item, handOn);
                break;
            case StreamFault.Double:
                handOn(item);
                handOn(item);
                break;
            default:
                handOn(item);
                break;
        }
    }

    private async Task HandOnLateAsync(GatewayStreamItem item, TimeSpan late, Action<GatewayStreamItem> handOn)
    {
        await Task.Delay(late, time);
        handOn(item);
    }

    private void HandOnTheOneBefore(GatewayStreamItem item, Action<GatewayStreamItem> handOn)
    {
        switch (item)
        {
            case UserNotification:
                return;
            case RoomEvents events:
                GatewayStreamItem? before;
                lock (_gate)
                {
                    before = _last.GetValueOrDefault(events.Room);
                    _last[events.Room] = events;
                }

                if (before is not null)
                {
                    handOn(before);
                }

                return;
            default:
                handOn(item);
                return;
        }
    }
}
