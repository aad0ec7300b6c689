using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>Runs every check on a history.</summary>
internal static class AllChecks
{
    // A few violations of each promise are enough for the report. A check stops after 10,000 violations.
    private const int MaxOfEach = 3;
    private const int MaxInAll = 10_000;

    /// <summary>Returns the first three violations of each promise; an empty list if all promises hold.</summary>
    public static IReadOnlyList<Violation> Find(History history) =>
    [
        .. ((Func<History, IEnumerable<Violation>>[])
            [LogCheck.Find, AckCheck.Find, OrderCheck.Find, StreamCheck.Find, ReadCheck.Find, PresenceCheck.Find, LateCheck.Find, CountCheck.Find, ListCheck.Find, ReplyCheck.Find])
            .SelectMany(check => check(history).Take(MaxInAll).GroupBy(violation => violation.Promise).SelectMany(same => same.Take(MaxOfEach))),
    ];
}
