using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Computes the counts of unread messages and mentions again from the log, for every row of a list of conversations and
/// every <c>joined</c> that a client received. The server reads a row from one state of the log. So its counts follow
/// from the log up to the head in the row, from the read mark in the row, and from the user.
/// </summary>
internal static class CountCheck
{
    public const string List = "the counts in a list equal the log";
    public const string Joined = "the counts in joined equal the log";
    public const string Head = "the head in a list or in joined is in the log";
    public const string Last = "the newest event in a list is the event at its head";

    public static IEnumerable<Violation> Find(History history)
    {
        var rooms = history.Logs.Select(log => new RoomCounts(history.Sends, log)).ToArray();
        foreach (var seen in history.Counts.All())
        {
            var (room, log) = (rooms[seen.Room], history.Logs[seen.Room]);
            if (seen.Seq < 0 || seen.Seq > room.Head || seen.Read < 0 || seen.Read > seen.Seq)
            {
                yield return new(Head, $"{Describe(history, seen)}; the log ends at {room.Head}.");
                continue;
            }

            var (got, expected) = ((seen.Unread, seen.Mentions, seen.HasMore), room.Count(seen.User, seen.Seq, seen.Read));
            if (got != expected && !(seen.Source is CountsSource.Joined && room.MayBeJoined(seen.User, seen.Seq, seen.Read, got)))
            {
                yield return new(seen.Source is CountsSource.Joined ? Joined : List, $"{Describe(history, seen)}; expected {Describe(expected)}.");
            }

            if (seen.Source is not CountsSource.Joined && LastFault(history, seen, log) is { } fault)
            {
                yield return new(Last, $"{Describe(history, seen)}; {fault}.");
            }
        }
    }

    /// <summary>Describes what a user received: the user, the room, the head, the read mark and the counts.</summary>
    public static string Describe(History history, CountsSeen seen)
    {
        var frame = seen.Source switch
        {
            CountsSource.Joined => "a joined",
            CountsSource.List => "a list",
            _ => "a list of changes",
        };
        return $"{history.Users[seen.User]} got {frame} of {history.Rooms[seen.Room]} with seq {seen.Seq} and read {seen.Read}: got {Describe((seen.Unread, seen.Mentions, seen.HasMore))}";
    }

    private static string Describe((int Unread, int Mentions, bool HasMore) counts) =>
        $"{counts.Unread} unread, {counts.Mentions} mentions{(counts.HasMore ? " and unread_more" : "")}";

    private static string? LastFault(History history, CountsSeen seen, IReadOnlyList<MessageLogEntry> log)
    {
        if (seen.Seq == 0 || log[seen.Seq - 1].Send is var send && send < 0)
        {
            return null;
        }

        return seen.LastFrom == history.Sends[send].Writer && seen.LastKind == history.Sends[send].Kind ? null
            : seen.LastFrom == CountsSeen.NoLast ? "the row has no newest event"
            : $"the newest event in the row is a {seen.LastKind} of {(seen.LastFrom < 0 ? "an unknown user" : history.Users[seen.LastFrom])}, but event {seen.Seq} is {history.Describe(send)}";
    }
}
