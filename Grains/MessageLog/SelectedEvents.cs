using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>Selects some of the events of a room.</summary>
/// <param name="Message">For <see cref="SelectionKind.Replies"/>: the sequence of the message. Otherwise 0.</param>
public readonly record struct EventSelection(SelectionKind Kind, long Message = 0)
{
    /// <inheritdoc cref="SelectionKind.Pins"/>
    public static readonly EventSelection Pins = new(SelectionKind.Pins);

    /// <inheritdoc cref="SelectionKind.Changes"/>
    public static readonly EventSelection Changes = new(SelectionKind.Changes);

    /// <inheritdoc cref="SelectionKind.Replies"/>
    public static EventSelection RepliesTo(long message) => new(SelectionKind.Replies, message);
}

public enum SelectionKind
{
    /// <summary>The replies to one message, including deleted replies.</summary>
    Replies,

    /// <summary>The pinned messages.</summary>
    Pins,

    /// <summary>The events for which <see cref="RoomRules.IsChange"/> is true.</summary>
    Changes,
}

/// <summary>
/// The selected events with sequences after <paramref name="After"/> and before <paramref name="Before"/>. If these
/// events do not fit, only the first or the last of them are read.
/// </summary>
/// <param name="Limit">Maximum number of events.</param>
/// <param name="Bytes">See <see cref="MessageLogRange"/>.</param>
/// <param name="FromEnd">
/// What to read if not all events fit: the newest events if true, the oldest events if false.
/// </param>
public readonly record struct SelectedRange(
    EventSelection Of, long After, long Before, int Limit, int Bytes = int.MaxValue, bool FromEnd = false);

/// <summary>Selected events, ascending.</summary>
/// <param name="More">
/// Whether the range has more events: newer ones than these, or older ones if the range was read from its end.
/// </param>
public sealed record SelectedPage(IReadOnlyList<RoomEvent> Events, bool More)
{
    /// <summary>The page of a room that does not exist.</summary>
    public static readonly SelectedPage Empty = new([], false);
}
