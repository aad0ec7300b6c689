using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// How events change the pinned messages of a room. A <see cref="RoomEventKind.Pin"/> pins the message that its ref
/// names, unless the message is deleted. An <see cref="RoomEventKind.Unpin"/> and a deletion of the message end the
/// pin.
/// </summary>
internal static class PinRules
{
    /// <summary>Maximum number of pinned messages of a room.</summary>
    public const int MaxPins = 50;

    /// <summary>Whether events of this kind pin or unpin a message.</summary>
    public static bool Concerns(RoomEventKind kind) => kind is RoomEventKind.Pin or RoomEventKind.Unpin;
}
