using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Faulty.Gateway;

/// <summary>A stream that is as unreliable as it is told to be.</summary>
internal sealed class FaultyStream(GatewayFaults faults, Ongoing ongoing, TimeProvider time) : IInboxFilter
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, InboxItem> _last = [];
    private readonly Random _random = new(faults.Seed);
    private StreamFault _fault = faults.Stream;
    private double _share = faults.Share;
    private int _struck;

    /// <summary>From here on another fault.</summary>
    /// <returns>How many items the one before struck.</returns>
    public int Become(StreamFault fault, double share)
    {
        lock (_gate)
        {
            (_fault, _share, var struck, _struck) = (fault, share, _struck, 0);
            return struck;
        }
    }

    /// <inheritdoc/>
    public void Came(InboxItem item, Action<InboxItem> handOn)
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
                ongoing.Add(HandOnLateAsync(item, late, handOn));
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

    private async Task HandOnLateAsync(InboxItem item, TimeSpan late, Action<InboxItem> handOn)
    {
        await Task.Delay(late, time);
        handOn(item);
    }

    private void HandOnTheOneBefore(InboxItem item, Action<InboxItem> handOn)
    {
        switch (item)
        {
            case UserRing:
                return;
            case RoomEvents events:
                InboxItem? before;
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
