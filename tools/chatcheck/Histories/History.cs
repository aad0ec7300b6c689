using System.Globalization;

namespace OrleansChat.ChatCheck.Histories;

/// <summary>
/// Everything that a run has recorded: the input of the checks. The number of a user, room or gateway is its index in
/// the list.
/// </summary>
internal sealed record History
{
    public IReadOnlyList<string> Users { get; init; } = [];

    public IReadOnlyList<string> Rooms { get; init; } = [];

    public IReadOnlyList<string> Gateways { get; init; } = [];

    public SendList Sends { get; init; } = new();

    /// <summary>The log of each room, in the order in which pages of history returned its entries.</summary>
    public IReadOnlyList<IReadOnlyList<MessageLogEntry>> Logs { get; init; } = [];

    public IReadOnlyList<ReaderStream> Streams { get; init; } = [];

    public IReadOnlyList<PageSeen> Pages { get; init; } = [];

    public IReadOnlyList<Stay> Stays { get; init; } = [];

    public IReadOnlyList<Absence> Absences { get; init; } = [];

    public IReadOnlyList<WhoSeen> Whos { get; init; } = [];

    public IReadOnlyList<Disturbance> Disturbances { get; init; } = [];

    public IReadOnlyList<LateEvent> Late { get; init; } = [];

    public IReadOnlyList<Refusal> Refusals { get; init; } = [];

    public IReadOnlyList<Contradiction> Contradictions { get; init; } = [];

    /// <summary>The counts of unread messages and mentions that clients received.</summary>
    public CountsList Counts { get; init; } = new();

    public IReadOnlyList<ListFault> ListFaults { get; init; } = [];

    public IReadOnlyList<FinalList> FinalLists { get; init; } = [];

    /// <summary>
    /// The JSON of the first 1,000 events that are not sends of this run. An event that is a send of this run has the
    /// number of the send. The event at index i of this list has the negative number <c>~i</c>. If the run has more
    /// than 1,000 such events, all others get the number of the last event in the list.
    /// </summary>
    public IReadOnlyList<string> Strangers { get; init; } = [];

    /// <summary>How long presence may be wrong, in microseconds.</summary>
    public long PresenceBound { get; init; } = 10_000_000;

    /// <summary>
    /// The number of counts that the checks compare with the logs: two counts of every kept row, and the number of replies
    /// of every event in the logs.
    /// </summary>
    public long Comparisons => (2L * Counts.Count) + Logs.Sum(log => (long)log.Count);

    public string Describe(int send)
    {
        if (send < 0)
        {
            return $"an event that no client sent: {(~send < Strangers.Count ? Strangers[~send] : "?")}";
        }

        ref var one = ref Sends[send];
        var outcome = one.Outcome switch
        {
            Outcome.Acked => $"ok with sequence {one.Seq} at {At(one.AnsweredAt)}",
            Outcome.Refused => "refused",
            _ => "outcome unknown",
        };
        if (one.Kind is SendKind.Join)
        {
            return $"the join of {Users[one.Writer]} in {Rooms[one.Room]}";
        }

        var what = one.Kind switch
        {
            SendKind.Edit => $" (an edit of send {one.Target})",
            SendKind.Deletion => $" (a deletion of send {one.Target})",
            _ => "",
        };
        return $"send {send} of {Users[one.Writer]} to {Rooms[one.Room]}{what}: sent at {At(one.InvokedAt)}, {outcome}, {one.Attempts} {(one.Attempts == 1 ? "attempt" : "attempts")}";
    }

    public string Describe(Item item) => item.Kind switch
    {
        ItemKind.Joined => $"joined: delivery starts after {item.Seq} (connection {item.Value})",
        ItemKind.Reset => $"joined with reset: delivery starts after {item.Seq} (connection {item.Value})",
        ItemKind.Gap => $"gap from {item.Seq} to {item.Value}",
        _ => $"event {item.Seq}: {Describe(item.Value)}",
    };

    /// <summary>Converts a time or duration in microseconds to a text in seconds, for the report.</summary>
    public static string At(long microseconds) => microseconds == long.MaxValue
        ? "the end"
        : string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1e6:0.000} s");
}
