using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Checks which rooms the lists of conversations have. During the run, <c>ConversationList</c> compares each answer with
/// what its user knows. After the run, the whole list of each user must have every room of the user with the head of the
/// log, and the list that the user made from all changes must be the same.
/// </summary>
internal static class ListCheck
{
    public const string Form = "a list has each room once, newest first";
    public const string Rooms = "a list has exactly the rooms of its user";
    public const string Stale = "a list is as new as what its reader has received";
    public const string Final = "after the run, a list equals the log";
    public const string Changed = "a list that applied all changes equals the whole list";

    public static IEnumerable<Violation> Find(History history)
    {
        foreach (var fault in history.ListFaults)
        {
            yield return new(fault.Promise, $"{history.Users[fault.User]} {fault.What} at {History.At(fault.At)}.");
        }

        foreach (var list in history.FinalLists)
        {
            var user = history.Users[list.User];
            foreach (var room in list.Rooms.Keys.Concat(list.Whole.Concat(list.Changed).Select(row => (int)row.Room)).Distinct())
            {
                var (whole, changed) = (RowOf(list.Whole, room), RowOf(list.Changed, room));
                if (list.Rooms.TryGetValue(room, out var read)
                    ? whole is not { } row || row.Seq != history.Logs[room].Count || row.Read != read
                    : whole is not null)
                {
                    var expected = list.Rooms.ContainsKey(room) ? $"seq {history.Logs[room].Count} and read {read}" : "no row of it";
                    yield return new(Final, $"After the run, {user} asked for the whole list, for the row of {history.Rooms[room]}: {Describe(whole)}; expected {expected}.");
                }
                else if (whole?.Anywhere != changed?.Anywhere)
                {
                    yield return new(
                        Changed, $"After the run, {user} had applied all changes to the row of {history.Rooms[room]}: {Describe(changed)}; expected the row of the whole list: {Describe(whole)}.");
                }
            }
        }

        static CountsSeen? RowOf(IReadOnlyList<CountsSeen> rows, int room) => rows.Cast<CountsSeen?>().FirstOrDefault(row => row!.Value.Room == room);

        string Describe(CountsSeen? row) => row is { } seen ? CountCheck.Describe(history, seen) : "there was none";
    }
}
