using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Checks the order of a log. Among the messages of one connection, those that were acked at their first attempt are in
/// the order in which they were sent. If message A was acked before message B was first sent, A precedes B in the log.
/// </summary>
internal static class OrderCheck
{
    public const string Sender = "a sender's order is kept";
    public const string Time = "an acked message precedes messages that are sent later";

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

    /// <summary>Finds messages of one connection that are not in the order of sending.</summary>
    /// <remarks>
    /// <para>
    /// 1. Go through the log. Skip each send that was not acked at its first attempt, because a retry may be stored
    /// after later sends.
    /// </para>
    /// <para>2. For each connection, check that the numbers of the remaining sends increase.</para>
    /// </remarks>
    private static IEnumerable<Violation> OfSenders(History history, int room, IReadOnlyList<MessageLogEntry> log)
    {
        // Among the sends of one connection to one room, a later send has a higher number.
        var last = new Dictionary<int, MessageLogEntry>();
        foreach (var entry in log)
        {
            // Step 1: skip retries.
            if (entry.Send < 0 || history.Sends[entry.Send] is not { Attempts: 1, Outcome: Outcome.Acked })
            {
                continue;
            }

            // Step 2: compare.
            var connection = history.Sends[entry.Send].Connection;
            if (last.TryGetValue(connection, out var before) && before.Send > entry.Send)
            {
                yield return new(
                    Sender,
                    $"In the log of {history.Rooms[room]}, event {before.Seq} was sent after event {entry.Seq}, on the same connection.",
                    $"{before.Seq}: {history.Describe(before.Send)}",
                    $"{entry.Seq}: {history.Describe(entry.Send)}");
            }

            last[connection] = entry;
        }
    }

    /// <summary>
    /// Finds each message that was sent after the ok of a message that follows it in the log.
    /// </summary>
    /// <remarks>
    /// For each entry, from the end of the log to its start:
    /// <para>
    /// 1. Compare the time of the entry's first attempt with the earliest ok of all entries that follow it in the log.
    /// If the ok was earlier, report a violation.
    /// </para>
    /// <para>2. Remember the entry if its ok is the earliest so far.</para>
    /// </remarks>
    private static IEnumerable<Violation> InTime(History history, int room, IReadOnlyList<MessageLogEntry> log)
    {
        MessageLogEntry? earliest = null;
        for (var at = log.Count - 1; at >= 0; at--)
        {
            var entry = log[at];
            if (entry.Send < 0)
            {
                continue;
            }

            // Step 1: compare.
            if (earliest is { } later && history.Sends[later.Send].AnsweredAt < history.Sends[entry.Send].InvokedAt)
            {
                yield return new(
                    Time,
                    $"In the log of {history.Rooms[room]}, event {entry.Seq} was sent after event {later.Seq} had been acked.",
                    $"{entry.Seq}: {history.Describe(entry.Send)}",
                    $"{later.Seq}: {history.Describe(later.Send)}");
            }

            // Step 2: remember the earliest ok.
            if (history.Sends[entry.Send].Outcome is Outcome.Acked
                && (earliest is not { } one || history.Sends[entry.Send].AnsweredAt < history.Sends[one.Send].AnsweredAt))
            {
                earliest = entry;
            }
        }
    }
}
