using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Users;

/// <summary>
/// The user's budgets for actions that store something durably: creating rooms, inviting users, joining groups and
/// reporting messages. They are kept in memory only: if the silo dies, the budgets are full again.
/// </summary>
internal sealed partial class UserGrain
{
    private readonly ActionBucket _creations = new(time);
    private readonly ActionBucket _invites = new(time);
    private readonly ActionBucket _joins = new(time);
    private readonly ActionBucket _reports = new(time);

    public Task<TimeSpan> TakeCreationAsync(int burst, TimeSpan interval) => Task.FromResult(Take(_creations, burst, interval));

    public Task<TimeSpan> TakeActionAsync(UserAction action, int burst, TimeSpan interval) => Task.FromResult(action switch
    {
        UserAction.Invite => Take(_invites, burst, interval),
        UserAction.Join => Take(_joins, burst, interval),
        UserAction.Report => Take(_reports, burst, interval),

        // During an upgrade, a newer silo may know an action that this silo does not know. This silo does not limit it.
        _ => TimeSpan.Zero,
    });

    private TimeSpan Take(ActionBucket bucket, int burst, TimeSpan interval)
    {
        var wait = bucket.Take(burst, interval);
        Stay();
        return wait;
    }

    /// <summary>
    /// Keeps the activation while it has state that is stored nowhere else: sessions, or a budget that is not full. A
    /// budget is full again after at most burst × interval. Without this rule, a user could disconnect, connect again
    /// and have full budgets.
    /// </summary>
    private void Stay() => DelayDeactivation(_gateways.Count > 0
        ? Timeout.InfiniteTimeSpan
        : new[] { _creations.UntilFull, _invites.UntilFull, _joins.UntilFull, _reports.UntilFull }.Max());
}
