using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Manages the users who have a session on this gateway: registers sessions with the users' grains, leases the users'
/// budgets, and makes sessions enter the rooms that notifications name.
/// </summary>
internal sealed partial class UserClients(
    IGrainFactory grains, GatewayId gateway, RoomClients rooms, HandshakeLimiter handshakes, BackgroundTasks background, IOptions<ProtocolLimits> limits,
    IOptions<BudgetOptions> budgets, TimeProvider time, ILogger<UserClients> logger)
    : IUsers
{
    private const int Tries = 5;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LocalUser> _users = [];
    private readonly Dictionary<string, Session> _sessions = [];

    /// <inheritdoc/>
    public async Task<Opening> ConnectAsync(Session session, string? device, int cursors)
    {
        UserBudgets? first = null;
        lock (_gate)
        {
            if (!_users.TryGetValue(session.User, out var user))
            {
                _users.Add(session.User, user = new(first = NewBudgets(session.User)));
            }

            user.Sessions = [.. user.Sessions, session];
            _sessions.Add(session.Id, session);
        }

        BudgetGrant[]? leased = null;
        var sent = time.GetTimestamp();
        try
        {
            BudgetAsk[] asks = [.. Once(BudgetKind.Connects, 1), .. Once(BudgetKind.Cursors, cursors)];
            var opened = await OpenAsync(session, device, [.. asks, .. first?.Opening() ?? []]);
            switch (opened.Admission)
            {
                case Admission.Admitted:
                    leased = opened.Grants[asks.Length..];
                    return Array.FindIndex(asks, ask => ask.Kind == BudgetKind.Cursors) is >= 0 and var at
                        ? new(Admission.Admitted, opened.Grants[at].RetryMs, opened.Grants[at].Granted)
                        : new(Admission.Admitted, 0, cursors);
                case Admission.GatewayExpired:
                    throw new InvalidOperationException("The lease of this gateway has expired.");
                default:
                    Forget(session);
                    return new(opened.Admission, opened.RetryMs, 0);
            }
        }
        catch
        {
            // The grain may have registered the session although the call failed.
            Disconnect(session);
            throw;
        }
        finally
        {
            if (first is not null)
            {
                background.Add(first.OpenedAsync(leased, sent));
            }
        }
    }

    /// <summary>
    /// Returns a request for units that the gateway spends at once. The grain never leases more than the wanted units
    /// for such a request. Returns an empty array if the budget has no limit, or if no unit is wanted.
    /// </summary>
    private BudgetAsk[] Once(BudgetKind kind, int wanted) =>
        GetTerms(kind) is { PerSecond: > 0 } terms && wanted > 0 ? [new(kind, terms.PerSecond, terms.Burst, 0, 0, wanted, Ahead: false)] : [];

    private BudgetTerms GetTerms(BudgetKind kind) => kind switch
    {
        BudgetKind.Sends => new(kind, limits.Value.SendsPerSecond, limits.Value.SendBurst),
        BudgetKind.Commands => new(kind, budgets.Value.CommandsPerSecond, budgets.Value.CommandBurst),
        BudgetKind.Connects => new(kind, budgets.Value.ConnectsPerSecond, budgets.Value.ConnectBurst),
        BudgetKind.Cursors => new(
            kind, budgets.Value.CursorsPerSecond, (int)Math.Min(1_000_000, (long)limits.Value.ConnectionsPerUser * limits.Value.RoomsPerConnection)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private UserBudgets NewBudgets(string user) => new(
        [GetTerms(BudgetKind.Sends), GetTerms(BudgetKind.Commands)], asks => Grain(user).LeaseAsync(gateway.Id, asks), time);

    private async Task<Opened> OpenAsync(Session session, string? device, BudgetAsk[] asks)
    {
        if (!await handshakes.AcquireAsync(CancellationToken.None))
        {
            throw new TimeoutException("Too many connections are opening at once.");
        }

        try
        {
            return await Grain(session.User).OpenAsync(gateway.Id, new(session.Id, device), limits.Value.ConnectionsPerUser, asks);
        }
        finally
        {
            handshakes.Release();
        }
    }

    /// <inheritdoc/>
    public void Disconnect(Session session)
    {
        var returned = Forget(session)?.Return() ?? [];
        background.Add(TryAsync(() => Grain(session.User).CloseAsync(gateway.Id, session.Id, returned), CancellationToken.None));
    }

    /// <summary>
    /// Makes a call. If the call fails, repeats it, because the grain's silo may just have stopped. There are at most
    /// <see cref="Tries"/> attempts.
    /// </summary>
    private async Task TryAsync(Func<Task> call, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await call();
                return;
            }
            catch (Exception) when (tries < Tries)
            {
                await Task.Delay(TimeSpan.FromSeconds(tries), time, cancellationToken);
            }
        }
    }

    /// <summary>Removes a session. Returns the user's budgets if this was the user's last session here.</summary>
    private UserBudgets? Forget(Session session)
    {
        lock (_gate)
        {
            _sessions.Remove(session.Id);
            if (_users.TryGetValue(session.User, out var user))
            {
                user.Sessions = Array.FindAll(user.Sessions, other => other != session);
                if (user.Sessions.Length == 0)
                {
                    _users.Remove(session.User);
                    return user.Budgets;
                }
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> TakeAsync(string user, BudgetKind kind)
    {
        if (FindBudgets(user) is not { } found)
        {
            return ValueTask.FromResult(0);
        }

        var wait = found.TakeAsync(kind, out var asking);
        background.Add(asking);
        return wait;
    }

    /// <inheritdoc/>
    public void Charge(string user, BudgetKind kind, int units)
    {
        if (FindBudgets(user) is { } found)
        {
            found.Charge(kind, units, out var asking);
            background.Add(asking);
        }
    }

    /// <summary>The budgets of a user; null for a user without a session here.</summary>
    private UserBudgets? FindBudgets(string user)
    {
        lock (_gate)
        {
            return _users.GetValueOrDefault(user)?.Budgets;
        }
    }

    /// <summary>
    /// Handles a notification: a room that a user belongs to has new events. The user's sessions that are not in the
    /// room enter the room. The room's feed on this gateway checks that it has these events.
    /// </summary>
    public void Notify(string user, string room, long from, long to)
    {
        Session[] sessions;
        lock (_gate)
        {
            sessions = _users.TryGetValue(user, out var local) ? local.Sessions : [];
        }

        foreach (var session in sessions)
        {
            session.Reach(room, from - 1);
        }

        rooms.OnNotified(room, to);
    }

    /// <inheritdoc/>
    public void ConversationChanged(Session session, string room)
    {
        // Try only once. If the notification is lost, the user's other sessions get the change when they next read the
        // list of conversations.
        background.Add(Grain(session.User).ConversationChangedAsync(room, session.Id));
    }

    /// <summary>Notifies a user's sessions that the settings of a conversation have changed.</summary>
    /// <param name="by">The id of the session that changed them. This session is not notified.</param>
    public void OnConversationChanged(string user, string room, string by)
    {
        Session[] sessions;
        lock (_gate)
        {
            sessions = _users.TryGetValue(user, out var local) ? local.Sessions : [];
        }

        foreach (var session in sessions)
        {
            session.OnConversationChanged(room, by);
        }
    }

    /// <summary>Ends a session that a newer session of the same device has replaced.</summary>
    public void Replaced(string sessionId)
    {
        Session? session;
        lock (_gate)
        {
            session = _sessions.GetValueOrDefault(sessionId);
        }

        session?.End(CloseCode.Replaced, "a newer connection of this device took over");
    }

    /// <summary>
    /// Sends all sessions to the users' grains again. This is needed after the cluster changed, after the lease lapsed,
    /// and after the gateway stream was silent. Handles the notifications that the grains return.
    /// </summary>
    public async Task SyncAllSessionsAsync(CancellationToken cancellationToken)
    {
        string[] all;
        lock (_gate)
        {
            all = [.. _users.Keys];
        }

        await Parallel.ForEachAsync(
            all,
            new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current },
            async (user, cancelled) =>
            {
                try
                {
                    await TryAsync(() => AttendAsync(user), cancelled);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // A failure for one user must not affect the others.
                    LogSyncFailed(exception);
                }
            });
    }

    /// <summary>
    /// Sends a user's sessions to the user's grain. If sessions begin or end during the call, this method repeats the
    /// call. The reason: an <see cref="IUserGrain.OpenAsync"/> or <see cref="IUserGrain.CloseAsync"/> that was sent
    /// after this call may reach the grain first. Then this call replaces the sessions with an old list, and the
    /// repeated call corrects that.
    /// </summary>
    private async Task AttendAsync(string user)
    {
        for (UserSession[]? sent = null, now = GetSessions(user); sent is null || !sent.SequenceEqual(now); now = GetSessions(user))
        {
            foreach (var notification in await Grain(user).SyncSessionsAsync(gateway.Id, now))
            {
                Notify(user, notification.Room, notification.From, notification.To);
            }

            sent = now;
        }
    }

    private UserSession[] GetSessions(string user)
    {
        lock (_gate)
        {
            return _users.TryGetValue(user, out var local) ? [.. local.Sessions.Select(session => new UserSession(session.Id, session.Device))] : [];
        }
    }

    [LoggerMessage(241, LogLevel.Warning, "Sending a user's sessions to the user's grain failed")]
    private partial void LogSyncFailed(Exception exception);

    private IUserGrain Grain(string user) => grains.GetGrain<IUserGrain>(user);

    /// <summary>
    /// A user's sessions and budgets on this gateway. Guarded by the lock of <see cref="UserClients"/>. The array of
    /// sessions is never modified, only replaced.
    /// </summary>
    private sealed class LocalUser(UserBudgets budgets)
    {
        public Session[] Sessions { get; set; } = [];

        public UserBudgets Budgets => budgets;
    }
}
