using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Who is in a room is right within the bound. Judged where nothing else is to be expected: the user has been there, or away, for the whole bound
/// and until the answer, and no silo and not the database was disturbed in that time, nor the gateways by which the user came and was asked.
/// </summary>
internal static class PresenceCheck
{
    public const string Missing = "who is there is seen within the bound";
    public const string Stale = "who is gone is not seen after the bound";

    public static IEnumerable<Violation> Find(History history)
    {
        var stays = history.Stays.ToLookup(stay => (stay.User, stay.Room));
        var absences = history.Absences.ToLookup(absence => absence.User);
        var rooms = history.Stays.Select(stay => (stay.User, stay.Room)).Distinct().ToLookup(stay => stay.Room, stay => stay.User);

        foreach (var who in history.Whos)
        {
            var from = who.AskedAt - history.PresenceBound;
            var to = who.AnsweredAt;
            if (from < 0 || history.Disturbances.Any(one => Overlaps(one, from, to) && (one.Gateway is null || one.Gateway == who.Gateway)))
            {
                continue;
            }

            foreach (var user in rooms[who.Room])
            {
                var seen = who.Users.Contains(user);
                if (!seen && stays[(user, who.Room)].FirstOrDefault(stay => stay.From < from && stay.To > to && !Disturbed(stay, to)) is { } there)
                {
                    yield return new(
                        Missing,
                        $"{Asked(who)}, and {history.Users[user]}, there since {History.At(there.From)}, was not named.",
                        $"{history.Users[user]} was in the room by {Gateway(there.Gateway)} from {History.At(there.From)} to {History.At(there.To)}",
                        Named(who));
                }

                if (seen && absences[user].FirstOrDefault(absence => absence.From < from && absence.To > to) is { } away)
                {
                    yield return new(
                        Stale,
                        $"{Asked(who)}, and {history.Users[user]}, gone since {History.At(away.From)}, was still named.",
                        [.. stays[(user, who.Room)].Where(stay => stay.To <= away.From).TakeLast(1).Select(
                            stay => $"{history.Users[user]} was in the room by {Gateway(stay.Gateway)} from {History.At(stay.From)} to {History.At(stay.To)}"),
                        $"{history.Users[user]} had no connection from {History.At(away.From)} to {History.At(away.To)}",
                        Named(who)]);
                }
            }
        }

        bool Disturbed(Stay stay, long to) => history.Disturbances.Any(one => one.Gateway is { } gateway && gateway == stay.Gateway && Overlaps(one, stay.From, to));

        string Asked(WhoSeen who) => $"{history.Users[who.Asker]} asked who is in {history.Rooms[who.Room]} at {History.At(who.AskedAt)}";

        string Named(WhoSeen who) => $"the answer by {Gateway(who.Gateway)} at {History.At(who.AnsweredAt)}: {string.Join(' ', who.Users.Order().Select(user => history.Users[user]))}";

        string Gateway(int gateway) => gateway >= 0 && gateway < history.Gateways.Count ? history.Gateways[gateway] : "some gateway";
    }

    private static bool Overlaps(Disturbance one, long from, long to) => one.From <= to && one.To >= from;
}
