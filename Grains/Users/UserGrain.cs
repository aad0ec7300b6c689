using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Streams;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Users;

/// <summary>One user's sessions, by gateway. Kept in memory alone: gateways tell them again when the cluster changes.</summary>
[Reentrant]
internal sealed partial class UserGrain(
    GatewayWatch watch, TimeProvider time, ILogger<UserGrain> logger, IGrainContext context, IGrainRuntime runtime)
    : Grain(context, runtime), IUserGrain
{
    private readonly Dictionary<string, (string Gateway, string? Device)> _sessions = [];
    private readonly HashSet<string> _gateways = [];
    private readonly SendBucket _bucket = new(time);
    private readonly RecentRings _rings = new(time);

    public async Task<Admission> ConnectAsync(string gateway, UserSession session, int most)
    {
        if (watch.IsGone(gateway))
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
            await TellReplacedAsync(where.Gateway, replaced);
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

    public Task<UserRing[]> AttendAsync(string gateway, UserSession[] sessions)
    {
        if (watch.IsGone(gateway))
        {
            return Task.FromResult<UserRing[]>([]);
        }

        Drop(gateway);
        foreach (var session in sessions)
        {
            _sessions[session.Session] = (gateway, session.Device);
        }

        FollowGateways();
        return Task.FromResult(_rings.Of(this.GetPrimaryKeyString()));
    }

    public Task<SendGrant> TakeSendsAsync(int wanted, int perSecond, int burst) => Task.FromResult(_bucket.Take(wanted, perSecond, burst));

    public Task RingAsync(string room, long from, long to)
    {
        _rings.Add(room, from, to);
        var ring = new UserRing(this.GetPrimaryKeyString(), room, from, to);
        return Task.WhenAll(_gateways.Select(gateway => SendAsync(gateway, ring)));
    }

    public Task<bool> IsOnlineAsync() => Task.FromResult(_sessions.Count > 0);

    public Task GatewayGoneAsync(string gateway)
    {
        watch.Learn(gateway);
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

    /// <summary>Brings what follows from the sessions up to date: which gateways are watched, and whether the grain stays.</summary>
    private void FollowGateways()
    {
        var now = _sessions.Values.Select(where => where.Gateway).ToHashSet();
        foreach (var gateway in now.Where(_gateways.Add))
        {
            watch.Note(gateway, this.GetGrainId(), this.AsReference<IUserGrain>().GatewayGoneAsync);
        }

        foreach (var gateway in _gateways)
        {
            if (!now.Contains(gateway))
            {
                _gateways.Remove(gateway);
                watch.Forget(gateway, this.GetGrainId());
            }
        }

        // A user with a session stays: where the sessions are is known nowhere else.
        DelayDeactivation(_gateways.Count > 0 ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
    }

    private async Task TellReplacedAsync(string gateway, string session)
    {
        try
        {
            await SendAsync(gateway, new SessionReplaced(session));
        }
        catch (Exception failure)
        {
            // The newer session counts all the same; the older one ends with its connection.
            LogNotTold(failure, gateway);
        }
    }

    private Task SendAsync(string gateway, InboxItem item)
        => this.GetStreamProvider(Inbox.Provider).GetStream<InboxItem>(StreamId.Create(Inbox.Namespace, gateway)).OnNextAsync(item);

    [LoggerMessage(200, LogLevel.Warning, "Gateway {Gateway} could not be told that a session was replaced.")]
    private partial void LogNotTold(Exception failure, string gateway);
}
