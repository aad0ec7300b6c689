using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>Limits the pinned messages.</summary>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// Returns the refusal of a pin or unpin right before its append. Returns null if it may be appended, and for
    /// entries of other kinds. The pins are read from the log, because they change rarely. They stay the same until the
    /// append: the entry is the only one of its batch, and no other append of the room runs.
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
