using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// A read of a user's unread messages and mentions from the message log. The room commits events during the read, so
/// the counts may lack the newest events. This class adds these events to the counts.
/// </summary>
internal sealed class CountedRead(string user)
{
    private readonly List<RoomEvent> _committed = [];

    /// <summary>Adds events that the room committed during the read.</summary>
    public void Add(IReadOnlyList<RoomEvent> committed) => _committed.AddRange(committed);

    /// <summary>
    /// Returns the counts at the room's head, each at most <see cref="UnreadCounts.Window"/>. If the read saw a later
    /// head, returns the counts at that head. Returns null if the log must be read again: if the room did not commit
    /// all missing events itself, or if a message was deleted that the read may have counted.
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

        var unread = read.Counts.Unread + messages.Count;
        var mentions = read.Counts.Mentions + messages.Values.Count(message => MentionList.Has(message.Mentions, user));
        return new(
            Math.Min(unread, UnreadCounts.Window), Math.Min(mentions, UnreadCounts.Window), read.Counts.HasMore || unread > UnreadCounts.Window);
    }
}
