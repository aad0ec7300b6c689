using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// This gateway's lease with the registry. While the lease is valid, the cluster's information about this gateway's
/// users is correct.
/// If the registry refuses a renewal, or if this process was paused for a whole lease, the gateway closes its
/// connections and ends its process. The next process has a new id. If the registry cannot be reached, the gateway
/// retries and does not end. If a renewal succeeds only after the lease has expired, or if a silo has joined or left
/// the cluster, the gateway sends its users to their grains and to the rooms again.
/// </summary>
internal sealed partial class GatewayLease(
    IGrainFactory grains, GatewayId gateway, ConnectionSet connections, RoomClients rooms, UserClients users, BackgroundTasks background,
    IHostApplicationLifetime lifetime, StartupWait wait, TimeProvider time, ILogger<GatewayLease> logger) : BackgroundService
{
    /// <summary>The exit code of a gateway whose lease has expired.</summary>
    public const int ExitCode = 3;

    private long _renewed;
    private long _cluster;

    /// <summary>True while the lease is valid by this process's own clock.</summary>
    public bool Holds => Volatile.Read(ref _renewed) is var renewed and not 0 && time.GetElapsedTime(renewed) < Lease.Length;

    private IGatewayRegistryGrain Registry => grains.GetGrain<IGatewayRegistryGrain>(0);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // If a silo has just died, or if the cluster is still starting, a call can fail after its whole response
        // timeout. So treat every failure as temporary.
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
            // A process that was paused for a whole lease must not renew the lease. The process does not know whether
            // its users have moved to other gateways during the pause.
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

            // Measure the next pause from here, so that a slow answer of the registry does not count as a pause.
            ticked = time.GetTimestamp();
        }
    }

    private async Task<bool> RenewAsync(CancellationToken stoppingToken)
    {
        var asked = time.GetTimestamp();

        // This timeout is shorter than the response timeout. Otherwise a call that is lost with a silo would use up the
        // rest of the lease.
        var grant = await Registry.RenewAsync(gateway.Id, LogVersion.Known).WaitAsync(Lease.Renewal, time, CancellationToken.None);
        if (!grant.Granted)
        {
            return false;
        }

        var lapsed = !Holds;

        // Count the lease from before the call, so that it ends in this process before it ends in the registry.
        Volatile.Write(ref _renewed, asked);
        if (_cluster != 0 && (lapsed || _cluster != grant.Cluster))
        {
            // Sync even during a drain, because the remaining sessions must stay reachable. Sync the rooms too, because
            // the activation of a quiet room may have been lost, and nothing else would call the room soon.
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
