using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Checks that each page of history matches the log. If a user requests the page that starts at the user's own acked
/// message, the page must begin with that message. The newest page must end at or after the newest event that the user
/// had received before the request.
/// </summary>
internal static class ReadCheck
{
    public const string OwnWrites = "a user can read its own message";
    public const string Newest = "history contains what its reader has received";
    public const string Pages = "history pages match the log";

    public static IEnumerable<Violation> Find(History history)
    {
        foreach (var page in history.Pages)
        {
            var log = history.Logs[page.Room];
            var asked = $"{history.Users[page.User]} asked for history of {history.Rooms[page.Room]} at {History.At(page.AskedAt)}";
            var got = $"the page: {(page.Entries.Count == 0 ? "empty" : $"{page.Entries[0].Seq} to {page.Entries[^1].Seq}")}";

            if (page.Own is { } own && (page.Entries.Count == 0 || page.Entries[0].Send != own))
            {
                yield return new(OwnWrites, $"{asked}, starting at a message that {history.Users[page.User]} had sent; the page did not begin with this message.", history.Describe(own), got);
            }

            if (page.AtLeast > 0 && (page.Entries.Count == 0 || page.Entries[^1].Seq < page.AtLeast))
            {
                yield return new(Newest, $"{asked}; the user had received event {page.AtLeast}, but the newest page ended before this event.", got);
            }

            for (var at = 0; at < page.Entries.Count; at++)
            {
                var (seq, send) = page.Entries[at];
                if ((at > 0 && seq != page.Entries[at - 1].Seq + 1) || seq < 1 || seq > log.Count || log[seq - 1].Send != send)
                {
                    yield return new(
                        Pages,
                        $"{asked}; the page differs from the log at event {seq}.",
                        got,
                        $"in the page, event {seq} is {history.Describe(send)}",
                        seq >= 1 && seq <= log.Count ? $"in the log, event {seq} is {history.Describe(log[seq - 1].Send)}" : $"the log ends at {log.Count}");
                    break;
                }
            }
        }
    }
}
