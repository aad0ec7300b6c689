using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// The log's order is that in which things happened. Of one connection: what was sent first comes first, where each was stored at its first attempt.
/// Of everybody: what was acked before another was sent comes before it.
/// </summary>
internal static class OrderCheck
{
    public const string Sender = "a sender's order is kept";
    public const string Time = "what was acked comes before what was sent afterwards";

    public static IEnumerable<Violation> Find(History history)
    {
        foreach (var (room, log) in history.Logs.Index())
        {
            foreach (var violation in OfSenders(history, room, log).Concat(InTime(history, room, log)))
            {
                yield return violation;
            }
        }
    }

    private static IEnumerable<Violation> OfSenders(History history, int room, IReadOnlyList<LogEntry> log)
    {
        // Numbers of sends rise in the order of sending.
        var last = new Dictionary<int, LogEntry>();
        foreach (var entry in log)
        {
            if (entry.Send < 0 || history.Sends[entry.Send] is not { Attempts: 1, Outcome: Outcome.Acked })
            {
                continue;
            }

            var connection = history.Sends[entry.Send].Connection;
            if (last.TryGetValue(connection, out var before) && before.Send > entry.Send)
            {
                yield return new(
                    Sender,
                    $"{history.Rooms[room]} has at {before.Seq} what was sent after {entry.Seq} on the same connection.",
                    $"{before.Seq}: {history.Tell(before.Send)}",
                    $"{entry.Seq}: {history.Tell(entry.Send)}");
            }

            last[connection] = entry;
        }
    }

    private static IEnumerable<Violation> InTime(History history, int room, IReadOnlyList<LogEntry> log)
    {
        // From the end: whether any of the later ones was acked before this one was sent.
        LogEntry? earliest = null;
        for (var at = log.Count - 1; at >= 0; at--)
        {
            var entry = log[at];
            if (entry.Send < 0)
            {
                continue;
            }

            if (earliest is { } later && history.Sends[later.Send].AnsweredAt < history.Sends[entry.Send].InvokedAt)
            {
                yield return new(
                    Time,
                    $"{history.Rooms[room]} has at {entry.Seq} what was sent after {later.Seq} had been acked.",
                    $"{entry.Seq}: {history.Tell(entry.Send)}",
                    $"{later.Seq}: {history.Tell(later.Send)}");
            }

            if (history.Sends[entry.Send].Outcome is Outcome.Acked
                && (earliest is not { } one || history.Sends[entry.Send].AnsweredAt < history.Sends[one.Send].AnsweredAt))
            {
                earliest = entry;
            }
        }
    }
}
