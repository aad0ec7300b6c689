namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// One user: the user's sessions on all gateways, the budgets, and the notifications that reach all devices. The key is
/// the user id.
/// </summary>
[Alias("chat.user")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>
    /// Begins a session. The session is refused if the user already has <paramref name="most"/> sessions, or if a
    /// request for <see cref="BudgetKind.Connects"/> is not granted. An older session of the same device, on any
    /// gateway, ends: its gateway receives <see cref="SessionReplaced"/>.
    /// </summary>
    /// <param name="asks">Requests for the user's budgets, answered in the same call.</param>
    [Alias("open")]
    Task<Opened> OpenAsync(string gateway, UserSession session, int most, BudgetAsk[] asks);

    /// <summary>Ends a session. A session that the grain does not know is ignored.</summary>
    /// <param name="returned">
    /// The units that the gateway returns, if this was the user's last session on the gateway; otherwise empty.
    /// </param>
    [Alias("close")]
    Task CloseAsync(string gateway, string session, BudgetAsk[] returned);

    /// <summary>
    /// Leases units of the user's budgets to a gateway. A gateway makes at most one such call for a user at a time.
    /// </summary>
    /// <returns>One grant for each request, in order.</returns>
    [Alias("lease")]
    Task<BudgetGrant[]> LeaseAsync(string gateway, BudgetAsk[] asks);

    /// <summary>
    /// Begins a session for a gateway of the previous version, like <see cref="OpenAsync"/> but without budgets.
    /// </summary>
    [Alias("connect")]
    Task<Admission> ConnectAsync(string gateway, UserSession session, int most);

    /// <summary>
    /// Ends a session for a gateway of the previous version, like <see cref="CloseAsync"/> but without budgets.
    /// </summary>
    [Alias("disconnect")]
    Task DisconnectAsync(string gateway, string session);

    /// <summary>
    /// Replaces the user's sessions on one gateway. A gateway calls this when the cluster membership changes, or after
    /// its stream was broken. Returns the recent notifications, because the gateway may have missed them.
    /// </summary>
    [Alias("attend")]
    Task<UserNotification[]> SyncSessionsAsync(string gateway, UserSession[] sessions);

    /// <summary>
    /// Takes units of <see cref="BudgetKind.Sends"/> for a gateway of the previous version. Such a gateway makes this
    /// call before it sends.
    /// </summary>
    /// <returns>
    /// The number of units granted, up to <paramref name="wanted"/>, and the milliseconds until the budget has another
    /// unit.
    /// </returns>
    [Alias("take")]
    Task<SendGrant> TakeSendsAsync(int wanted, int perSecond, int burst);

    /// <summary>
    /// Takes one unit from the user's budget for creating rooms. Only the room's grain calls this, just before it
    /// creates the room.
    /// </summary>
    /// <param name="burst">Maximum number of unused units in the budget.</param>
    /// <param name="interval">The time in which the budget gains one unit.</param>
    /// <returns>Zero if the unit is granted; otherwise the time until the budget has one unit.</returns>
    [Alias("take-creation")]
    Task<TimeSpan> TakeCreationAsync(int burst, TimeSpan interval);

    /// <summary>
    /// Takes one unit from the user's budget for an action. Only the grain that stores the result of the action calls
    /// this, just before it does so.
    /// </summary>
    /// <param name="burst">Maximum number of unused units in the budget.</param>
    /// <param name="interval">The time in which the budget gains one unit.</param>
    /// <returns>Zero if the unit is granted; otherwise the time until the budget has one unit.</returns>
    [Alias("take-action")]
    Task<TimeSpan> TakeActionAsync(UserAction action, int burst, TimeSpan interval);

    /// <summary>
    /// Notifies every gateway that has a session of this user. The notification says that the events
    /// <paramref name="from"/> to <paramref name="to"/> (inclusive) of a room of the user are in the log.
    /// </summary>
    [Alias("ring")]
    Task NotifyAsync(string room, long from, long to);

    /// <summary>
    /// Notifies every gateway that has a session of this user. The notification says that the user has changed the
    /// personal settings of a conversation. The notification may be lost. It is not sent while a process of an older
    /// version runs, because that process could not read it.
    /// </summary>
    /// <param name="session">The session that made the change. Its gateway does not notify it.</param>
    [Alias("conversation-changed")]
    Task ConversationChangedAsync(string room, string session);

    /// <summary>Whether the user has any session now.</summary>
    [Alias("online")]
    Task<bool> IsOnlineAsync();

    /// <summary>Removes all sessions on a gateway whose lease has ended.</summary>
    [Alias("gone")]
    Task GatewayGoneAsync(string gateway);
}

/// <summary>Actions that a budget limits. Each user has one budget for each action.</summary>
public enum UserAction
{
    /// <summary>The user invites another user.</summary>
    Invite = 0,

    /// <summary>The user becomes a member of a group that exists.</summary>
    Join = 1,

    /// <summary>The user reports a message.</summary>
    Report = 2,
}

/// <summary>Whether a session may begin.</summary>
public enum Admission
{
    /// <summary>The session has begun.</summary>
    Admitted = 0,

    /// <summary>The user already has the maximum number of sessions.</summary>
    TooMany = 1,

    /// <summary>
    /// The gateway's lease has ended. The gateway must restart; the client may connect to another gateway.
    /// </summary>
    GatewayExpired = 2,

    /// <summary>The user opened too many connections in a short time.</summary>
    TooOften = 3,
}

/// <summary>A session of a user on a gateway.</summary>
/// <param name="Session">The session's id, which is never reused.</param>
/// <param name="Device">The id that the client gave for its device, or null.</param>
[GenerateSerializer, Immutable, Alias("chat.user-session")]
public sealed record UserSession([property: Id(0)] string Session, [property: Id(1)] string? Device);

/// <summary>The answer to <see cref="IUserGrain.TakeSendsAsync"/>.</summary>
[GenerateSerializer, Immutable, Alias("chat.grant")]
public readonly record struct SendGrant([property: Id(0)] int Granted, [property: Id(1)] int RetryMs);
