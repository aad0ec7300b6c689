using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>What came to a reader is the log: in its order, without a hole but over named gaps, nothing twice, over all its connections; and in the end all of it.</summary>
internal static class StreamCheck
{
    public const string Hole = "no hole is silent";
    public const string Double = "nobody sees an event twice";
    public const string Order = "everybody sees the log's events in its order";
    public const string Resume = "a resume goes on at the cursor";
    public const string Head = "every reader reaches the head";
    public const string Gap = "a gap names what comes next";

    private const int Before = 3;

    public static IEnumerable<Violation> Find(History history) => history.Streams.SelectMany(stream => Find(history, stream).Take(1)); // What follows a fault follows from it.

    private static IEnumerable<Violation> Find(History history, ReaderStream stream)
    {
        var log = history.Logs[stream.Room];
        var cursor = stream.From;
        for (var at = 0; at < stream.Items.Count; at++)
        {
            var item = stream.Items[at];
            switch (item.Kind)
            {
                case ItemKind.Reset:
                    yield return Told(Resume, $"was told to forget what it had, up to {cursor}, while the room's log was never lost");
                    break;
                case ItemKind.Joined when item.Seq != cursor:
                    yield return Told(Resume, $"came with its cursor at {cursor} and was started after {item.Seq}");
                    break;
                case ItemKind.Event when item.Seq <= cursor:
                    yield return Told(Double, $"got {item.Seq} although it had everything up to {cursor}");
                    break;
                case ItemKind.Event when item.Seq > cursor + 1:
                    yield return Told(Hole, $"got {item.Seq} after {cursor}, and no gap named what lies between");
                    break;
                case ItemKind.Event when item.Seq > log.Count:
                    yield return Told(Order, $"got {item.Seq}, and the log ends at {log.Count}");
                    break;
                case ItemKind.Event when log[item.Seq - 1].Send != item.Value:
                    yield return Told(Order, $"got another event at {item.Seq} than the log has", $"the log has at {item.Seq}: {history.Tell(log[item.Seq - 1].Send)}");
                    break;
                case ItemKind.Gap when item.Seq != cursor + 1 || item.Value < item.Seq || item.Value > log.Count:
                    yield return Told(Gap, $"was at {cursor} and was told of a gap from {item.Seq} to {item.Value}, where the log ends at {log.Count}");
                    break;
            }

            cursor = item.Kind is ItemKind.Gap ? item.Value : item.Seq;

            Violation Told(string promise, string what, params string[] more) => new(
                promise,
                $"{history.Users[stream.User]} in {history.Rooms[stream.Room]} {what}.",
                [.. stream.Items.Skip(at - Before).Take(Math.Min(at, Before) + 1).Select(history.Tell), .. more]);
        }

        if (stream.Settled && cursor < log.Count)
        {
            yield return new(
                Head,
                $"{history.Users[stream.User]} in {history.Rooms[stream.Room]} stayed at {cursor}, where the log ends at {log.Count}.",
                [.. stream.Items.TakeLast(Before).Select(history.Tell), $"the log has at {cursor + 1}: {history.Tell(log[cursor].Send)}"]);
        }
    }
}
