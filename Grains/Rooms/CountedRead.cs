using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// A read of a user's counts. The room goes on committing while the log reads, so the read may not have seen the newest
/// events. This class adds these events to the counts.
/// </summary>
internal sealed class CountedRead(string user)
{
    private readonly List<RoomEvent> _committed = [];

    /// <summary>Adds events that the room committed during the read.</summary>
    public void Add(IReadOnlyList<RoomEvent> committed) => _committed.AddRange(committed);

    /// <summary>
    /// Returns the counts at the room's head. If the read saw a later head, returns the counts at that head. Null if the
    /// log must be read again: the room did not commit all missing events itself, or a message that the read may have
    /// counted was deleted.
    /// </summary>
    public UnreadCounts? CountsAt(long head, CountedFacts read)
    {
        var missing = _committed.Where(happened => happened.Seq > read.Facts.Seq).ToList();
        if (missing.Count != Math.Max(0, head - read.Facts.Seq))
        {
            return null;
        }

        var messages = new Dictionary<long, RoomEvent>();
        foreach (var happened in missing.Where(happened => happened.Seq > read.Facts.Read))
        {
            if (happened.Kind == RoomEventKind.Msg && happened.From != user)
            {
                messages.Add(happened.Seq, happened);
            }
            else if (happened is { Kind: RoomEventKind.Delete, Ref: { } deleted } && !messages.Remove(deleted)
                && deleted > read.Facts.Read && deleted <= read.Facts.Seq)
            {
                return null;
            }
        }

        var mentions = messages.Values.Count(message => MentionList.Has(message.Mentions, user));
        return read.Counts with { Unread = read.Counts.Unread + messages.Count, Mentions = read.Counts.Mentions + mentions };
    }
}
