using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The invitation links of a group. A table is immutable: <see cref="Apply"/> returns the changed table.
/// </summary>
internal sealed class LinkTable(IReadOnlyList<RoomLink> links)
{
    public static readonly LinkTable Empty = new([]);

    /// <summary>The link whose event has this sequence; null if there is none.</summary>
    public RoomLink? Find(long seq) => links.FirstOrDefault(link => link.Seq == seq);

    /// <summary>The usable link with this hash; null if there is none.</summary>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public RoomLink? Find(string hash, long now) => links.FirstOrDefault(link => link.Hash == hash && LinkRules.IsUsable(link, now));

    /// <summary>Number of usable links.</summary>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public int CountAt(long now) => links.Count(link => LinkRules.IsUsable(link, now));

    /// <summary>Returns the table after an event.</summary>
    public LinkTable Apply(long seq, long ts, RoomEventKind kind, string from, long? reference, string? meta)
        => LinkRules.Concerns(kind, reference) ? new(LinkRules.Apply(links, seq, ts, kind, from, reference, meta)) : this;
}
