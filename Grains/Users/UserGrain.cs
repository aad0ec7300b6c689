using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Users;

/// <summary>
/// One user's sessions on all gateways, and the user's budgets. Both are kept in memory only: gateways report their
/// sessions again when the cluster membership changes, and budgets refill over time.
/// </summary>
[Reentrant]
[GrainType("user")]
internal sealed partial class UserGrain(
    GatewayFailureDetector watch, LogVersionGate gate, TimeProvider time, ILogger<UserGrain> logger, IGrainContext context, IGrainRuntime runtime)
    : Grain(context, runtime), IUserGrain
{
    private readonly Dictionary<string, (string Gateway, string? Device)> _sessions = [];
    private readonly HashSet<string> _gateways = [];

    // The send budget of a new activation starts with one block only. The other budgets start full, because clients
    // reconnect after the death of a silo, and an empty budget would refuse them.
    private readonly LeasedBudget _sends = new(time, TimeSpan.FromSeconds(1), startsFull: false);
    private readonly LeasedBudget _commands = new(time, TimeSpan.FromSeconds(60), startsFull: true);
    private readonly LeasedBudget _connects = new(time, TimeSpan.FromSeconds(1), startsFull: true);
    private readonly LeasedBudget _cursors = new(time, TimeSpan.FromSeconds(1), startsFull: true);
    private readonly RecentNotifications _notifications = new(time);

    public async Task<Opened> OpenAsync(string gateway, UserSession session, int most, BudgetAsk[] asks)
    {
        var grants = Lease(gateway, [.. asks.Where(ask => ask.Kind == BudgetKind.Connects)]);
        if (grants.FirstOrDefault(grant => grant.Granted == 0) is { RetryMs: > 0 } refused)
        {
            return new(Admission.TooOften, refused.RetryMs, []);
        }

        var admission = await ConnectAsync(gateway, session, most);
        return admission == Admission.Admitted
            ? new(admission, 0, [.. asks.Select(ask => ask.Kind == BudgetKind.Connects ? new(ask.Wanted, 0, 0, 0, 0, false) : Lease(gateway, ask))])
            : new(admission, 0, []);
    }

    public Task CloseAsync(string gateway, string session, BudgetAsk[] returned)
    {
        Lease(gateway, returned);
        return DisconnectAsync(gateway, session);
    }

    public Task<BudgetGrant[]> LeaseAsync(string gateway, BudgetAsk[] asks) => Task.FromResult(Lease(gateway, asks));

    public async Task<Admission> ConnectAsync(string gateway, UserSession session, int most)
    {
        if (watch.IsDead(gateway))
        {
            return Admission.GatewayExpired;
        }

        if (_sessions.ContainsKey(session.Session))
        {
            return Admission.Admitted;
        }

        var older = _sessions.Where(one => session.Device is not null && one.Value.Device == session.Device).ToArray();
        if (_sessions.Count - older.Length >= most)
        {
            return Admission.TooMany;
        }

        foreach (var (replaced, _) in older)
        {
            _sessions.Remove(replaced);
        }

        _sessions[session.Session] = (gateway, session.Device);
        FollowGateways();
        foreach (var (replaced, where) in older)
        {
            await PublishReplacedAsync(where.Gateway, replaced);
        }

        return Admission.Admitted;
    }

    public Task DisconnectAsync(string gateway, string session)
    {
        if (_sessions.TryGetValue(session, out var where) && where.Gateway == gateway)
        {
            _sessions.Remove(session);
            FollowGateways();
        }

        return Task.CompletedTask;
    }

    public Task<UserNotification[]> SyncSessionsAsync(string gateway, UserSession[] sessions)
    {
        if (watch.IsDead(gateway))
        {
            return Task.FromResult<UserNotification[]>([]);
        }

        Drop(gateway);
        foreach (var session in sessions)
        {
            _sessions[session.Session] = (gateway, session.Device);
        }

        FollowGateways();
        return Task.FromResult(_notifications.For(this.GetPrimaryKeyString()));
    }

    public Task<SendGrant> TakeSendsAsync(int wanted, int perSecond, int burst) => Task.FromResult(_sends.Take(wanted, perSecond, burst));

    public Task NotifyAsync(string room, long from, long to)
    {
        _notifications.Add(room, from, to);
        var notification = new UserNotification(this.GetPrimaryKeyString(), room, from, to);
        return Task.WhenAll(_gateways.Select(gateway => SendAsync(gateway, notification)));
    }

    public async Task ConversationChangedAsync(string room, string session)
    {
        // A gateway of the previous version cannot read this item.
        if (await gate.IsOpenAsync())
        {
            var changed = new UserConversationChanged(this.GetPrimaryKeyString(), room, session);
            await Task.WhenAll(_gateways.Select(gateway => SendAsync(gateway, changed)));
        }
    }

    public Task<bool> IsOnlineAsync() => Task.FromResult(_sessions.Count > 0);

    public Task GatewayGoneAsync(string gateway)
    {
        watch.MarkDead(gateway);
        Drop(gateway);
        FollowGateways();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _sessions.Clear();
        FollowGateways();
        return Task.CompletedTask;
    }

    private BudgetGrant[] Lease(string gateway, BudgetAsk[] asks) => Array.ConvertAll(asks, ask => Lease(gateway, ask));

    private BudgetGrant Lease(string gateway, BudgetAsk ask) => ask.Kind switch
    {
        BudgetKind.Sends => _sends.Lease(gateway, ask),
        BudgetKind.Commands => _commands.Lease(gateway, ask),
        BudgetKind.Connects => _connects.Lease(gateway, ask),
        BudgetKind.Cursors => _cursors.Lease(gateway, ask),

        // During an upgrade, a newer gateway may know a budget that this silo does not know. This silo does not limit
        // that budget.
        _ => new(ask.Wanted, 0, 0, 0, 0, false),
    };

    private void Drop(string gateway)
    {
        foreach (var (session, where) in _sessions)
        {
            if (where.Gateway == gateway)
            {
                _sessions.Remove(session);
            }
        }
    }

    /// <summary>
    /// Called after a change of the sessions. Updates which gateways are watched for failure, and whether the
    /// activation stays.
    /// </summary>
    private void FollowGateways()
    {
        var now = _sessions.Values.Select(where => where.Gateway).ToHashSet();
        foreach (var gateway in now.Where(_gateways.Add))
        {
            watch.Watch(gateway, this.GetGrainId(), this.AsReference<IUserGrain>().GatewayGoneAsync);
        }

        foreach (var gateway in _gateways)
        {
            if (!now.Contains(gateway))
            {
                _gateways.Remove(gateway);
                watch.Unwatch(gateway, this.GetGrainId());
            }
        }

        Stay();
    }

    private async Task PublishReplacedAsync(string gateway, string session)
    {
        try
        {
            await SendAsync(gateway, new SessionReplaced(session));
        }
        catch (Exception exception)
        {
            // The newer session is admitted anyway. The older session ends when its connection ends.
            LogPublishFailed(exception, gateway);
        }
    }

    private Task SendAsync(string gateway, GatewayStreamItem item)
        => this.GetStreamProvider(GatewayStreamNames.Provider).GetStream<GatewayStreamItem>(StreamId.Create(GatewayStreamNames.Namespace, gateway)).OnNextAsync(item);

    [LoggerMessage(200, LogLevel.Warning, "Notifying gateway {Gateway} of a replaced session failed")]
    private partial void LogPublishFailed(Exception exception, string gateway);
}
