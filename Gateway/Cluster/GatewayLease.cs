using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// The lease that this gateway has from the registry. While the lease is valid, this gateway's users count as online.
/// If the registry refuses a renewal, or if this process was paused for as long as a lease lasts, the gateway closes
/// its connections and ends its process. The process that its supervisor starts next has a new id. If the registry
/// cannot be reached, the gateway retries and keeps running. If a renewal succeeds only after the lease has expired, or
/// if a silo has joined or left the cluster, the gateway reports its users to their grains and to the rooms again.
/// </summary>
internal sealed partial class GatewayLease(
    IGrainFactory grains, GatewayId gateway, ConnectionSet connections, RoomClients rooms, UserClients users, BackgroundTasks background,
    IHostApplicationLifetime lifetime, StartupWait wait, TimeProvider time, ILogger<GatewayLease> logger) : BackgroundService
{
    /// <summary>The exit code of a gateway whose lease has expired.</summary>
    public const int ExitCode = 3;

    private long _renewed;
    private long _cluster;

    /// <summary>True while the lease is valid according to this process's own clock.</summary>
    public bool Holds => Volatile.Read(ref _renewed) is var renewed and not 0 && time.GetElapsedTime(renewed) < Lease.Length;

    private IGatewayRegistryGrain Registry => grains.GetGrain<IGatewayRegistryGrain>(0);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // While the cluster starts, and for some time after a silo has died, calls can fail or time out. So treat every
        // failure as temporary.
        await wait.UntilAsync(StartupWait.Cluster, _ => RenewAsync(cancellationToken), isTemporary: _ => true, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await background.WhenDoneAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Registry.ReleaseAsync(gateway.Id).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var ticked = time.GetTimestamp();
        using var timer = new PeriodicTimer(Lease.Renewal, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            // A process that was paused for as long as a lease lasts must not renew the lease. Its users may have moved
            // to other gateways during the pause.
            var slept = time.GetElapsedTime(ticked) >= Lease.Length;
            try
            {
                if (slept || !await RenewAsync(stoppingToken))
                {
                    StartAnew();
                    return;
                }
            }
            catch (Exception exception)
            {
                LogRenewFailed(exception);
            }

            // Measure the next pause from here, so that a slow answer from the registry does not count as a pause.
            ticked = time.GetTimestamp();
        }
    }

    private async Task<bool> RenewAsync(CancellationToken stoppingToken)
    {
        var asked = time.GetTimestamp();

        // This wait is shorter than the response timeout. So if a call is lost because a silo died, the gateway can try
        // again before the lease expires.
        var grant = await Registry.RenewAsync(gateway.Id, LogVersion.Known).WaitAsync(Lease.Renewal, time, CancellationToken.None);
        if (!grant.Granted)
        {
            return false;
        }

        var lapsed = !Holds;

        // Count the lease from the time before the call, so that it expires in this process before it expires in the
        // registry.
        Volatile.Write(ref _renewed, asked);
        if (_cluster != 0 && (lapsed || _cluster != grant.Cluster))
        {
            // Sync even during a drain, because the remaining sessions must stay reachable. Sync the rooms too.
            // Otherwise a quiet room that has lost its activation would not know its attached users until its next
            // call.
            background.Add(users.SyncAllSessionsAsync(stoppingToken));
            background.Add(rooms.SyncAllAttachmentsAsync(stoppingToken));
        }

        _cluster = grant.Cluster;
        return true;
    }

    private void StartAnew()
    {
        LogOver(gateway.Id);
        Environment.ExitCode = ExitCode;
        connections.EndAll(CloseCode.ServiceRestart, "this gateway is restarting");
        lifetime.StopApplication();
    }

    [LoggerMessage(231, LogLevel.Warning, "Renewing the lease failed; trying again in 2 s")]
    private partial void LogRenewFailed(Exception exception);

    [LoggerMessage(232, LogLevel.Error, "The lease of gateway {Gateway} has expired: closing all connections and ending the process")]
    private partial void LogOver(string gateway);
}
