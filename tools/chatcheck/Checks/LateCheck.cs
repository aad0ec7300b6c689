using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>While nothing was disturbed, what was acked came to everybody who was there within a few seconds.</summary>
internal static class LateCheck
{
    public const string Late = "a lost delivery is noticed";

    public static IEnumerable<Violation> Find(History history)
    {
        foreach (var late in history.Late)
        {
            // A disturbance may have its effect for as long as presence takes to be right.
            if (!history.Disturbances.Any(one => one.From <= late.CameAt && one.To >= late.AnsweredAt - history.PresenceBound))
            {
                yield return new(
                    Late,
                    $"{history.Users[late.User]}, in {history.Rooms[late.Room]} all the time, got {late.Seq} {History.At(late.CameAt - late.AnsweredAt)} after its ok.",
                    history.Tell(late.Send),
                    $"it came to {history.Users[late.User]} at {History.At(late.CameAt)}");
            }
        }
    }
}
