using OrleansChat.Gateway.Connections;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// This gateway's proof of life. While it holds, what the cluster believes of the gateway's users is true. Once the registry refuses
/// it, or once this process notices that it slept through it, the gateway ends its connections and its process and starts anew under a
/// fresh id. A registry that is away is no such end: the gateway waits, and then tells everything again.
/// </summary>
internal sealed partial class GatewayLease(
    IGrainFactory grains, GatewayId gateway, ConnectionSet connections, Users users, Ongoing ongoing, IHostApplicationLifetime lifetime,
    TimeProvider time, ILogger<GatewayLease> logger) : BackgroundService
{
    /// <summary>The exit code of a gateway whose lease ran out.</summary>
    public const int ExitCode = 3;

    private long _renewed;
    private long _cluster;

    /// <summary>True while the lease holds, by this process's own clock.</summary>
    public bool Holds => Volatile.Read(ref _renewed) is var renewed and not 0 && time.GetElapsedTime(renewed) < Lease.Length;

    private IGatewayRegistryGrain Registry => grains.GetGrain<IGatewayRegistryGrain>(0);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await FirstCall.TryAsync(() => RenewAsync(cancellationToken), cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await ongoing.WhenDoneAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Registry.ReleaseAsync(gateway.Id).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var ticked = time.GetTimestamp();
        using var timer = new PeriodicTimer(Lease.Renewal, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            // A process that slept through its lease must not renew it: its users may be elsewhere by now, and it has not noticed.
            var slept = time.GetElapsedTime(ticked) >= Lease.Length;
            try
            {
                if (slept || !await RenewAsync(stoppingToken))
                {
                    StartAnew();
                    return;
                }
            }
            catch (Exception away) when (away is not OutOfMemoryException)
            {
                LogAway(away.Message);
            }

            // From here: a registry that took long to answer is no sleep.
            ticked = time.GetTimestamp();
        }
    }

    private async Task<bool> RenewAsync(CancellationToken stoppingToken)
    {
        var asked = time.GetTimestamp();

        // Not as long as a call may take: one that was lost with a silo would be waited for until the lease is over.
        var grant = await Registry.RenewAsync(gateway.Id).WaitAsync(Lease.Renewal, time, CancellationToken.None);
        if (!grant.Granted)
        {
            return false;
        }

        var lapsed = !Holds;

        // From the time of asking: the registry's lease cannot end before this process's view of it.
        Volatile.Write(ref _renewed, asked);
        if (_cluster != 0 && (lapsed || _cluster != grant.Cluster))
        {
            // Also while this gateway drains: whoever is still here can be reached.
            ongoing.Add(users.AttendAllAsync(stoppingToken));
        }

        _cluster = grant.Cluster;
        return true;
    }

    private void StartAnew()
    {
        LogOver(gateway.Id);
        Environment.ExitCode = ExitCode;
        connections.EndAll(CloseCode.ServiceRestart, "this gateway starts anew");
        lifetime.StopApplication();
    }

    [LoggerMessage(1, LogLevel.Warning, "The lease could not be renewed: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(2, LogLevel.Error, "The lease of gateway {Gateway} is over: its connections end and its process starts anew")]
    private partial void LogOver(string gateway);
}
