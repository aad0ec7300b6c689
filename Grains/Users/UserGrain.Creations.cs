namespace OrleansChat.Grains.Users;

/// <summary>
/// The user's budget for creating rooms. It is kept in memory only: if the silo dies, the budget is full again.
/// </summary>
internal sealed partial class UserGrain
{
    private readonly CreationBucket _creations = new(time);

    public Task<TimeSpan> TakeCreationAsync(int burst, TimeSpan interval)
    {
        var wait = _creations.Take(burst, interval);
        Stay();
        return Task.FromResult(wait);
    }

    /// <summary>
    /// Keeps the activation while it has state that is stored nowhere else: sessions, or a creation budget that is not
    /// full. The budget is full again after at most burst × interval. Without this rule, a user could disconnect,
    /// connect again and have a full budget.
    /// </summary>
    private void Stay() => DelayDeactivation(_gateways.Count > 0 ? Timeout.InfiniteTimeSpan : _creations.UntilFull);
}
