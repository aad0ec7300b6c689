using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>The log itself: dense, and nothing in it that nobody sent.</summary>
internal static class LogCheck
{
    public const string Dense = "sequences are dense";
    public const string Phantom = "nothing is in the log that nobody sent";

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
                        $"In the log of {name}, {(seq > before ? $"{before + 1} is missing" : $"{seq} stands after {before}")}.",
                        at == 0 ? "the log begins" : $"{before}: {history.Tell(log[at - 1].Send)}",
                        $"{seq}: {history.Tell(send)}");
                }

                if (send < 0 || history.Sends[send].Room != room)
                {
                    yield return new(Phantom, $"The log of {name} has at {seq} what nobody sent there.", history.Tell(send));
                }
            }
        }
    }
}
