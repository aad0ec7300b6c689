using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>Every check, over one history.</summary>
internal static class AllChecks
{
    // Of each promise a few broken cases tell as much as all.
    private const int MostOfEach = 3;
    private const int MostAtAll = 10_000;

    /// <summary>The first few violations of each promise; none where all hold.</summary>
    public static IReadOnlyList<Violation> Find(History history) =>
    [
        .. ((Func<History, IEnumerable<Violation>>[])
            [LogCheck.Find, AckCheck.Find, OrderCheck.Find, StreamCheck.Find, ReadCheck.Find, PresenceCheck.Find, LateCheck.Find])
            .SelectMany(check => check(history).Take(MostAtAll).GroupBy(violation => violation.Promise).SelectMany(same => same.Take(MostOfEach))),
    ];
}
