using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Counts the replies to each message again from the log. The logs are read after the run, so the numbers in these
/// pages must be exact. A page that was read during the run may have counted replies that came after its newest event.
/// </summary>
internal static class ReplyCheck
{
    public const string Replies = "the number of replies equals the log";

    public static IEnumerable<Violation> Find(History history)
    {
        var rooms = history.Logs.Select(log => new RoomCounts(history.Sends, log)).ToArray();
        foreach (var (room, log) in history.Logs.Index())
        {
            for (var seq = 1; seq <= log.Count; seq++)
            {
                var expected = rooms[room].IsMessage(seq) ? rooms[room].Replies(seq) : 0;
                if (log[seq - 1].Replies != expected)
                {
                    yield return new(
                        Replies,
                        $"In the log of {history.Rooms[room]}, read after the run, message {seq} has {log[seq - 1].Replies} replies; expected {expected}.",
                        history.Describe(log[seq - 1].Send));
                }
            }
        }

        foreach (var page in history.Pages.Where(page => page.Entries.Count > 0))
        {
            var last = page.Entries[^1].Seq;
            foreach (var entry in page.Entries.Where(entry => entry.Seq > 0 && entry.Seq <= history.Logs[page.Room].Count))
            {
                var (from, to) = rooms[page.Room].IsMessage(entry.Seq) ? rooms[page.Room].RepliesFrom(entry.Seq, last) : (0, 0);
                if (entry.Replies < from || entry.Replies > to)
                {
                    yield return new(
                        Replies,
                        $"{history.Users[page.User]} asked for history of {history.Rooms[page.Room]} at {History.At(page.AskedAt)}; in the page up to {last}, message {entry.Seq} had {entry.Replies} replies; expected {from} to {to}.",
                        history.Describe(entry.Send));
                }
            }
        }
    }
}
