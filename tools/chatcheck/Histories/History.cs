using System.Globalization;

namespace OrleansChat.ChatCheck.Histories;

/// <summary>
/// Everything that a run has recorded: the input of the checks. Users, rooms and gateways are numbered by their index.
/// </summary>
internal sealed record History
{
    public IReadOnlyList<string> Users { get; init; } = [];

    public IReadOnlyList<string> Rooms { get; init; } = [];

    public IReadOnlyList<string> Gateways { get; init; } = [];

    public SendList Sends { get; init; } = new();

    /// <summary>The log of each room, in the order of its pages of history.</summary>
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

    /// <summary>
    /// The JSON of the events that are not sends of this run, up to the first 1,000. Instead of the number of a send, the
    /// event at index i has the negative number <c>~i</c>. Later events have the number of the last one in the list.
    /// </summary>
    public IReadOnlyList<string> Strangers { get; init; } = [];

    /// <summary>How long presence may be wrong, in microseconds.</summary>
    public long PresenceBound { get; init; } = 10_000_000;

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
        return $"send {send} of {Users[one.Writer]} to {Rooms[one.Room]}: sent at {At(one.InvokedAt)}, {outcome}, {one.Attempts} {(one.Attempts == 1 ? "attempt" : "attempts")}";
    }

    /// <summary>An item of a stream as text for the report.</summary>
    public string Describe(Item item) => item.Kind switch
    {
        ItemKind.Joined => $"joined after {item.Seq} (connection {item.Value})",
        ItemKind.Reset => $"joined after {item.Seq} with reset (connection {item.Value})",
        ItemKind.Gap => $"gap from {item.Seq} to {item.Value}",
        _ => $"event {item.Seq}: {Describe(item.Value)}",
    };

    /// <summary>A time or duration in microseconds as text for the report, in seconds.</summary>
    public static string At(long microseconds) => microseconds == long.MaxValue
        ? "the end"
        : string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1e6:0.000} s");
}
