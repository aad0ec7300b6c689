using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Checks that deliveries are in time. While nothing is disturbed, an acked message reaches every client in the room
/// within the limit of <c>--late</c>. <see cref="Clients.Recorder"/> records the deliveries that take longer.
/// </summary>
internal static class LateCheck
{
    public const string Late = "an undisturbed delivery arrives in time";

    public static IEnumerable<Violation> Find(History history)
    {
        foreach (var late in history.Late)
        {
            // Deliveries may be late during a disturbance, and for as long as PresenceBound after it.
            if (!history.Disturbances.Any(one => one.From <= late.CameAt && one.To >= late.AnsweredAt - history.PresenceBound))
            {
                yield return new(
                    Late,
                    $"{history.Users[late.User]} was in {history.Rooms[late.Room]} all the time, but got event {late.Seq} only {History.At(late.CameAt - late.AnsweredAt)} after its ok.",
                    history.Describe(late.Send),
                    $"the event reached {history.Users[late.User]} at {History.At(late.CameAt)}");
            }
        }
    }
}
