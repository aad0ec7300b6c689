using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>Pages of history are the log, and show what the one who asks knows of already.</summary>
internal static class ReadCheck
{
    public const string OwnWrites = "a user reads what it wrote";
    public const string Newest = "history is not behind what its reader has seen";
    public const string Pages = "history shows the log";

    public static IEnumerable<Violation> Find(History history)
    {
        foreach (var page in history.Pages)
        {
            var log = history.Logs[page.Room];
            var asked = $"{history.Users[page.User]} asked for {history.Rooms[page.Room]} at {History.At(page.AskedAt)}";
            var got = $"the page: {(page.Entries.Count == 0 ? "empty" : $"{page.Entries[0].Seq} to {page.Entries[^1].Seq}")}";

            if (page.Own is { } own && (page.Entries.Count == 0 || page.Entries[0].Send != own))
            {
                yield return new(OwnWrites, $"{asked}, and its own send was not where ok had put it.", history.Tell(own), got);
            }

            if (page.AtLeast > 0 && (page.Entries.Count == 0 || page.Entries[^1].Seq < page.AtLeast))
            {
                yield return new(Newest, $"{asked}, knowing of {page.AtLeast}, and the newest page did not have it.", got);
            }

            for (var at = 0; at < page.Entries.Count; at++)
            {
                var (seq, send) = page.Entries[at];
                if ((at > 0 && seq != page.Entries[at - 1].Seq + 1) || seq < 1 || seq > log.Count || log[seq - 1].Send != send)
                {
                    yield return new(
                        Pages,
                        $"{asked}, and the page is not the log at {seq}.",
                        got,
                        $"the page has at {seq}: {history.Tell(send)}",
                        seq >= 1 && seq <= log.Count ? $"the log has at {seq}: {history.Tell(log[seq - 1].Send)}" : $"the log ends at {log.Count}");
                    break;
                }
            }
        }
    }
}
