using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Checks that the sequences of each room's log are dense: 1, 2, 3 … without gaps. Also checks that every entry is a
/// message that a client of this run sent to this room.
/// </summary>
internal static class LogCheck
{
    public const string Dense = "sequences are dense";
    public const string Phantom = "the log contains only what was sent";

    public static IEnumerable<Violation> Find(History history)
    {
        for (var room = 0; room < history.Logs.Count; room++)
        {
            var (log, name) = (history.Logs[room], history.Rooms[room]);
            for (var at = 0; at < log.Count; at++)
            {
                var (seq, send) = log[at];
                var before = at == 0 ? 0 : log[at - 1].Seq;
                if (seq != before + 1)
                {
                    yield return new(
                        Dense,
                        $"In the log of {name}, sequence {(seq > before ? $"{before + 1} is missing" : $"{seq} follows {before}")}.",
                        at == 0 ? "the log begins here" : $"{before}: {history.Describe(log[at - 1].Send)}",
                        $"{seq}: {history.Describe(send)}");
                }

                if (send < 0 || history.Sends[send].Room != room)
                {
                    yield return new(Phantom, $"In the log of {name}, event {seq} is a message that no client sent to this room.", history.Describe(send));
                }
            }
        }
    }
}
