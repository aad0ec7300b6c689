using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// How the events of a group change its invitation links. The room and the stores apply the same rules.
/// </summary>
/// <remarks>
/// <code>
/// event           | links
/// ----------------|------------------------------------------------------------------------------
/// link            | adds the link; removes the links that have expired or have no uses left
/// unlink          | removes the link whose sequence is the event's ref
/// join with a ref | counts one use of the link whose sequence is the event's ref
/// </code>
/// So <see cref="RoomLink.Used"/> is the number of join events whose ref is the link's sequence.
/// </remarks>
internal static class LinkRules
{
    /// <summary>Maximum number of usable links of a group (<see cref="IsUsable"/>).</summary>
    public const int MaxLinks = 100;

    /// <summary>Whether events of this kind change the links of a group.</summary>
    public static bool Concerns(RoomEventKind kind, long? reference)
        => LinkTerms.Is(kind) || (kind == RoomEventKind.Join && reference is not null);

    /// <summary>Whether the link can be used: it has not expired and has uses left.</summary>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public static bool IsUsable(RoomLink link, long now) => !(link.Until <= now) && !(link.Used >= link.MaxUses);

    /// <summary>The links of a group after an event, in the order of their sequences.</summary>
    /// <param name="ts">The event's time in milliseconds since 1970 UTC.</param>
    public static IReadOnlyList<RoomLink> Apply(
        IReadOnlyList<RoomLink> before, long seq, long ts, RoomEventKind kind, string from, long? reference, string? meta) => kind switch
        {
            RoomEventKind.Link when LinkTerms.Parse(meta) is { } terms =>
                [.. before.Where(link => IsUsable(link, ts)), new(seq, from, terms.Hash, terms.Uses, terms.Until, 0)],
            RoomEventKind.Unlink => [.. before.Where(link => link.Seq != reference)],
            RoomEventKind.Join when reference is not null =>
                [.. before.Select(link => link.Seq == reference ? link with { Used = link.Used + 1 } : link)],
            _ => before,
        };
}
