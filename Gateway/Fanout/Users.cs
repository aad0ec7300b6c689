using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>The users with a session on this gateway: tells their grains of them, and brings them what is rung for them.</summary>
internal sealed partial class Users(
    IGrainFactory grains, GatewayId gateway, Feeds feeds, Doorway doorway, Ongoing ongoing, IOptions<ProtocolLimits> limits, TimeProvider time, ILogger<Users> logger)
    : IUsers
{
    private const int Tries = 5;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LocalUser> _users = [];
    private readonly Dictionary<string, Session> _sessions = [];

    /// <inheritdoc/>
    public async Task<bool> ConnectAsync(Session session, string? device)
    {
        lock (_gate)
        {
            if (!_users.TryGetValue(session.User, out var user))
            {
                _users.Add(session.User, user = new());
            }

            user.Sessions = [.. user.Sessions, session];
            _sessions.Add(session.Id, session);
        }

        try
        {
            var admission = await AdmitAsync(session, device);
            if (admission == Admission.Admitted)
            {
                return true;
            }

            if (admission == Admission.GatewayExpired)
            {
                throw new InvalidOperationException("The lease of this gateway is over.");
            }
        }
        catch
        {
            // It may be known there all the same.
            Disconnect(session);
            throw;
        }

        Forget(session);
        return false;
    }

    private async Task<Admission> AdmitAsync(Session session, string? device)
    {
        if (!await doorway.EnterAsync(CancellationToken.None))
        {
            throw new TimeoutException("Too many are coming at once.");
        }

        try
        {
            return await Grain(session.User).ConnectAsync(gateway.Id, new(session.Id, device), limits.Value.ConnectionsPerUser);
        }
        finally
        {
            doorway.Leave();
        }
    }

    /// <inheritdoc/>
    public void Disconnect(Session session)
    {
        Forget(session);
        ongoing.Add(TryAsync(() => Grain(session.User).DisconnectAsync(gateway.Id, session.Id), CancellationToken.None));
    }

    /// <summary>Calls until it succeeds, at most <see cref="Tries"/> times: the silo that the grain was on may just have gone.</summary>
    private async Task TryAsync(Func<Task> call, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await call();
                return;
            }
            catch (Exception away) when (tries < Tries && away is not OutOfMemoryException)
            {
                await Task.Delay(TimeSpan.FromSeconds(tries), time, cancellationToken);
            }
        }
    }

    private void Forget(Session session)
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
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> TakeSendAsync(string user)
    {
        if (limits.Value.SendsPerSecond == 0)
        {
            return ValueTask.FromResult(0);
        }

        SendAllowance allowance;
        lock (_gate)
        {
            if (!_users.TryGetValue(user, out var local))
            {
                return ValueTask.FromResult(0);
            }

            allowance = local.Allowance ??= AllowanceOf(user);
        }

        ongoing.Add(allowance.Take(out var wait));
        return new(wait);
    }

    private SendAllowance AllowanceOf(string user) =>
        new(wanted => Grain(user).TakeSendsAsync(wanted, limits.Value.SendsPerSecond, limits.Value.SendBurst));

    /// <summary>Events of a room that a user belongs to are in the log: sessions in that room look, the others are put into it.</summary>
    public void Ring(string user, string room, long from, long to)
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

        feeds.Notice(room, to);
    }

    /// <summary>A newer session of the same device took over.</summary>
    public void Replaced(string sessionId)
    {
        Session? session;
        lock (_gate)
        {
            session = _sessions.GetValueOrDefault(sessionId);
        }

        session?.End(CloseCode.Replaced, "a newer connection of this device took over");
    }

    /// <summary>Tells every user's grain again, after the cluster changed or the inbox was silent, and hears what was rung meanwhile.</summary>
    public async Task AttendAllAsync(CancellationToken cancellationToken)
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
                catch (Exception away) when (away is not (OutOfMemoryException or OperationCanceledException))
                {
                    // One user's grain that stays away costs the others nothing.
                    LogNotTold(away.Message);
                }
            });
    }

    /// <summary>Tells a user's grain, again while sessions came or went meanwhile: calls may overtake each other, and the last word is true.</summary>
    private async Task AttendAsync(string user)
    {
        for (UserSession[]? told = null, now = SessionsOf(user); told is null || !told.SequenceEqual(now); now = SessionsOf(user))
        {
            foreach (var ring in await Grain(user).AttendAsync(gateway.Id, now))
            {
                Ring(user, ring.Room, ring.From, ring.To);
            }

            told = now;
        }
    }

    private UserSession[] SessionsOf(string user)
    {
        lock (_gate)
        {
            return _users.TryGetValue(user, out var local) ? [.. local.Sessions.Select(session => new UserSession(session.Id, session.Device))] : [];
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A user's grain could not be told of its sessions: {Reason}")]
    private partial void LogNotTold(string reason);

    private IUserGrain Grain(string user) => grains.GetGrain<IUserGrain>(user);

    /// <summary>Under the lock; the array itself is never changed.</summary>
    private sealed class LocalUser
    {
        public Session[] Sessions { get; set; } = [];

        /// <summary>Null before the first send: most listen.</summary>
        public SendAllowance? Allowance { get; set; }
    }
}
