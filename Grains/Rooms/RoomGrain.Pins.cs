using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Limits the number of pinned messages of the room.</summary>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// Decides about a pin or unpin right before its append. Returns null if the entry may be appended or is of another
    /// kind, otherwise the refusal. The pins are read from the log each time, because pins and unpins are rare. The
    /// pins cannot change before the append, because the entry is the only one of its batch, and no other append of the
    /// room runs.
    /// </summary>
    private async ValueTask<Refused?> RefusePinAsync(MessageLogEntry entry)
    {
        if (!PinRules.Concerns(entry.Kind))
        {
            return null;
        }

        var pins = await _log.PinsAsync(_room, _stopping.Token);
        var isPinned = pins.Contains(entry.Ref!.Value);
        return entry.Kind == RoomEventKind.Unpin ? (isPinned ? null : Refusals.NotPinned)
            : isPinned || pins.Count < PinRules.MaxPins ? null
            : Refusals.TooManyPins;
    }
}
