using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>What was acked is in the log, once, where <c>ok</c> said; what was not is there at most once.</summary>
internal static class AckCheck
{
    public const string Lost = "what was acked is in the log";
    public const string Moved = "ok names the sequence";
    public const string Doubled = "a client id makes one event";
    public const string Refused = "what was refused is not in the log";
    public const string Refusals = "a good send gets ok, or an error that it can be repeated after";

    public static IEnumerable<Violation> Find(History history)
    {
        var seqs = new int[history.Sends.Count];
        foreach (var (room, log) in history.Logs.Index())
        {
            foreach (var (seq, send) in log)
            {
                if (send < 0)
                {
                    continue;
                }

                if (seqs[send] != 0)
                {
                    yield return new(
                        Doubled, $"The log of {history.Rooms[room]} has one send twice, at {seqs[send]} and at {seq}.", history.Tell(send));
                }
                else
                {
                    seqs[send] = seq;
                }
            }
        }

        for (var send = 0; send < seqs.Length; send++)
        {
            var (outcome, seq, attempts, room) = (history.Sends[send].Outcome, history.Sends[send].Seq, history.Sends[send].Attempts, history.Rooms[history.Sends[send].Room]);
            switch (outcome)
            {
                case Outcome.Acked when seqs[send] == 0:
                    yield return new(Lost, $"A send got ok with {seq} and is not in the log of {room}.", history.Tell(send), InItsPlace(history, history.Sends[send].Room, seq));
                    break;
                case Outcome.Acked when seqs[send] != seq:
                    yield return new(Moved, $"A send got ok with {seq}, and the log of {room} has it at {seqs[send]}.", history.Tell(send), InItsPlace(history, history.Sends[send].Room, seq));
                    break;

                // Where it had been sent before, an earlier attempt may have stored it.
                case Outcome.Refused when seqs[send] != 0 && attempts == 1:
                    yield return new(Refused, $"A send was refused, and the log of {room} has it at {seqs[send]}.", history.Tell(send));
                    break;
            }
        }

        foreach (var (send, first, second) in history.Contradictions)
        {
            yield return new(Doubled, $"One send was answered twice, with {first} and with {second}.", history.Tell(send));
        }

        foreach (var refusal in history.Refusals)
        {
            yield return new(Refusals, $"A send got '{refusal.Code}' ({refusal.Message}) at {History.At(refusal.At)}.", history.Tell(refusal.Send));
        }
    }

    private static string InItsPlace(History history, int room, int seq) =>
        seq > 0 && seq <= history.Logs[room].Count ? $"the log has at {seq}: {history.Tell(history.Logs[room][seq - 1].Send)}" : $"the log ends at {history.Logs[room].Count}";
}
