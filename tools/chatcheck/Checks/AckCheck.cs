using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Checks the sends. An acked send is in the log exactly once, at the sequence that <c>ok</c> named. A send that was
/// refused at its only attempt is not in the log. Any other send is in the log at most once.
/// </summary>
internal static class AckCheck
{
    public const string Lost = "an acked send is in the log";
    public const string Moved = "ok names the sequence in the log";
    public const string Doubled = "one event per client id";
    public const string Refused = "a refused send is not in the log";
    public const string Refusals = "a valid send gets ok or an error that allows a retry";

    /// <summary>Finds the violations.</summary>
    /// <remarks>
    /// <para>1. Find each send's sequence in the logs. A send that is found twice is a violation.</para>
    /// <para>2. Compare this sequence with the outcome of the send: acked, refused or unknown.</para>
    /// <para>3. Report the sends that got ok twice, with different sequences.</para>
    /// <para>4. Report each error that a valid send must not get.</para>
    /// </remarks>
    public static IEnumerable<Violation> Find(History history)
    {
        // Step 1: sequences.
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
                        Doubled, $"The log of {history.Rooms[room]} contains one send twice, at {seqs[send]} and at {seq}.", history.Describe(send));
                }
                else
                {
                    seqs[send] = seq;
                }
            }
        }

        // Step 2: outcomes.
        for (var send = 0; send < seqs.Length; send++)
        {
            var (outcome, seq, attempts, room) = (history.Sends[send].Outcome, history.Sends[send].Seq, history.Sends[send].Attempts, history.Rooms[history.Sends[send].Room]);
            switch (outcome)
            {
                case Outcome.Acked when seqs[send] == 0:
                    yield return new(Lost, $"A send got ok with sequence {seq} but is not in the log of {room}.", history.Describe(send), InItsPlace(history, history.Sends[send].Room, seq));
                    break;
                case Outcome.Acked when seqs[send] != seq:
                    yield return new(Moved, $"A send got ok with sequence {seq}, but the log of {room} has it at {seqs[send]}.", history.Describe(send), InItsPlace(history, history.Sends[send].Room, seq));
                    break;

                // If the client retried the send, an earlier attempt may have stored it. So this case needs a send with
                // only one attempt.
                case Outcome.Refused when seqs[send] != 0 && attempts == 1:
                    yield return new(Refused, $"A send was refused, but the log of {room} has it at {seqs[send]}.", history.Describe(send));
                    break;
            }
        }

        // Step 3: contradictions.
        foreach (var (send, first, second) in history.Contradictions)
        {
            yield return new(Doubled, $"One send got ok twice, with sequence {first} and with sequence {second}.", history.Describe(send));
        }

        // Step 4: errors.
        foreach (var refusal in history.Refusals)
        {
            yield return new(Refusals, $"A send got '{refusal.Code}' ({refusal.Message}) at {History.At(refusal.At)}.", history.Describe(refusal.Send));
        }
    }

    private static string InItsPlace(History history, int room, int seq) =>
        seq > 0 && seq <= history.Logs[room].Count ? $"in the log, event {seq} is {history.Describe(history.Logs[room][seq - 1].Send)}" : $"the log ends at {history.Logs[room].Count}";
}
