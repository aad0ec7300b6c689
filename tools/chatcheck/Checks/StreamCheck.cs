using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Checks the streams. A stream is everything that one client received in one room, over all its connections. The
/// client receives the room's log in order. No event arrives twice, and a <c>gap</c> names every event that does not
/// arrive. In the end the client has reached the head.
/// </summary>
internal static class StreamCheck
{
    public const string SilentGap = "no silent gap";
    public const string Double = "no event is delivered twice";
    public const string Order = "events are delivered in log order";
    public const string Resume = "a resume continues at the cursor";
    public const string Head = "every reader reaches the head";
    public const string Gap = "a gap names the next events";

    private const int Before = 3;

    // Report only the first violation of each stream: it usually causes the later violations.
    public static IEnumerable<Violation> Find(History history) => history.Streams.SelectMany(stream => Find(history, stream).Take(1));

    /// <summary>
    /// Finds the violations of one stream. The cursor is the sequence up to which the client has received everything.
    /// </summary>
    /// <remarks>
    /// <para>
    /// 1. Compare each item with the cursor and with the log. A <c>joined</c> must continue at the cursor. An event
    /// must have the next sequence and be the same as in the log. A gap must begin at the next sequence and end within
    /// the log.
    /// </para>
    /// <para>2. Move the cursor to the item's last sequence.</para>
    /// <para>3. If the client had enough time, the cursor has to be at the head after the last item.</para>
    /// </remarks>
    private static IEnumerable<Violation> Find(History history, ReaderStream stream)
    {
        var log = history.Logs[stream.Room];
        var cursor = stream.From;
        for (var at = 0; at < stream.Items.Count; at++)
        {
            // Step 1: compare.
            var item = stream.Items[at];
            switch (item.Kind)
            {
                case ItemKind.Reset:
                    yield return Report(Resume, $"got a reset at its cursor {cursor}, although the room's log was never lost");
                    break;
                case ItemKind.Joined when item.Seq != cursor:
                    yield return Report(Resume, $"joined with its cursor at {cursor}, but delivery started after {item.Seq}");
                    break;
                case ItemKind.Event when item.Seq <= cursor:
                    yield return Report(Double, $"already had everything up to {cursor}, but got event {item.Seq}");
                    break;
                case ItemKind.Event when item.Seq > cursor + 1:
                    yield return Report(SilentGap, $"had everything up to {cursor} and then got event {item.Seq}, but no gap frame for the events between");
                    break;
                case ItemKind.Event when item.Seq > log.Count:
                    yield return Report(Order, $"got event {item.Seq}, but the log ends at {log.Count}");
                    break;
                case ItemKind.Event when log[item.Seq - 1].Send != item.Value:
                    yield return Report(Order, $"got an event {item.Seq} that differs from event {item.Seq} in the log", $"in the log, event {item.Seq} is {history.Describe(log[item.Seq - 1].Send)}");
                    break;
                case ItemKind.Gap when item.Seq != cursor + 1 || item.Value < item.Seq || item.Value > log.Count:
                    yield return Report(Gap, $"had everything up to {cursor} and then got a gap frame from {item.Seq} to {item.Value}; the log ends at {log.Count}");
                    break;
            }

            // Step 2: move the cursor.
            cursor = item.Kind is ItemKind.Gap ? item.Value : item.Seq;

            Violation Report(string promise, string what, params string[] more) => new(
                promise,
                $"{history.Users[stream.User]} in {history.Rooms[stream.Room]} {what}.",
                [.. stream.Items.Skip(at - Before).Take(Math.Min(at, Before) + 1).Select(history.Describe), .. more]);
        }

        // Step 3: the head.
        if (stream.Settled && cursor < log.Count)
        {
            yield return new(
                Head,
                $"{history.Users[stream.User]} in {history.Rooms[stream.Room]} stopped at {cursor}, but the log ends at {log.Count}.",
                [.. stream.Items.TakeLast(Before).Select(history.Describe), $"in the log, event {cursor + 1} is {history.Describe(log[cursor].Send)}"]);
        }
    }
}
