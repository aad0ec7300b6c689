using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Checks the answers to <c>who</c>. The checked time begins one <see cref="History.PresenceBound"/> before the request
/// and ends with the answer. The answer must list a user that was in the room for the whole checked time. The answer
/// must not list a user that was without a connection for the whole checked time. The check skips an answer if a silo,
/// the database or the answering gateway was disturbed in the checked time. The answer may omit a user in the room if
/// the user's own gateway was disturbed after the user entered the room.
/// </summary>
internal static class PresenceCheck
{
    public const string Missing = "a user in the room is listed within the presence bound";
    public const string Stale = "a user without a connection is not listed after the presence bound";

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
                        $"{Asked(who)}; {history.Users[user]} had been there since {History.At(there.From)}, but was not listed.",
                        $"{history.Users[user]} was in the room through {Gateway(there.Gateway)} from {History.At(there.From)} to {History.At(there.To)}",
                        Named(who));
                }

                if (seen && absences[user].FirstOrDefault(absence => absence.From < from && absence.To > to) is { } away)
                {
                    yield return new(
                        Stale,
                        $"{Asked(who)}; {history.Users[user]} had been gone since {History.At(away.From)}, but was still listed.",
                        [.. stays[(user, who.Room)].Where(stay => stay.To <= away.From).TakeLast(1).Select(
                            stay => $"{history.Users[user]} was in the room through {Gateway(stay.Gateway)} from {History.At(stay.From)} to {History.At(stay.To)}"),
                        $"{history.Users[user]} had no connection from {History.At(away.From)} to {History.At(away.To)}",
                        Named(who)]);
                }
            }
        }

        bool Disturbed(Stay stay, long to) => history.Disturbances.Any(one => one.Gateway is { } gateway && gateway == stay.Gateway && Overlaps(one, stay.From, to));

        string Asked(WhoSeen who) => $"{history.Users[who.Asker]} asked who is in {history.Rooms[who.Room]} at {History.At(who.AskedAt)}";

        string Named(WhoSeen who) => $"the answer of {Gateway(who.Gateway)} at {History.At(who.AnsweredAt)}: {string.Join(' ', who.Users.Order().Select(user => history.Users[user]))}";

        string Gateway(int gateway) => gateway >= 0 && gateway < history.Gateways.Count ? history.Gateways[gateway] : "some gateway";
    }

    private static bool Overlaps(Disturbance one, long from, long to) => one.From <= to && one.To >= from;
}
