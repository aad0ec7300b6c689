using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Checks that the gateway stream works: each time this class asks a grain for a probe, the grain publishes one to the
/// stream. A stream can go silent, for example after the silo that holds the subscription has died. It then stays
/// silent until the gateway subscribes again. If the probes do not arrive, this class subscribes again. It also asks
/// the rooms and the users' grains for the presence updates and notifications that the gateway missed. The head poller
/// finds the missed events.
/// </summary>
internal sealed partial class StreamHealthCheck(
    IGrainFactory grains, GatewayId gateway, GatewayStream stream, RoomClients rooms, UserClients users, IOptions<FanoutOptions> options, FanoutInstruments instruments, TimeProvider time,
    ILogger<StreamHealthCheck> logger) : BackgroundService
{
    /// <summary>The number of the last probe that was sent.</summary>
    private long _sent;

    /// <summary>
    /// The oldest probe that has not arrived since it was published: its number and the timestamp of its publication.
    /// The number is 0 before the first probe and after a new subscription.
    /// </summary>
    private (long Number, long Since) _unanswered;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.StreamProbe, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SendProbeAsync();
                if (_unanswered.Number > stream.LastProbe && time.GetElapsedTime(_unanswered.Since) >= 2 * timer.Period)
                {
                    LogSilent(time.GetElapsedTime(_unanswered.Since).TotalSeconds);
                    _unanswered = default;
                    await stream.SubscribeAsync();
                    instruments.Resubscribed();
                    await Task.WhenAll(rooms.SyncAllAttachmentsAsync(stoppingToken), users.SyncAllSessionsAsync(stoppingToken));
                }
            }
            catch (Exception exception)
            {
                // Publishing or subscribing failed: try again at the next tick. Until then the head poller finds new
                // events.
                LogProbeFailed(exception);
            }
        }
    }

    private async Task SendProbeAsync()
    {
        var number = ++_sent;

        // The key is different each time, so that different silos publish the probes.
        await grains.GetGrain<IStreamProbeGrain>(number).ProbeAsync(gateway.Id, number);
        if (_unanswered.Number <= stream.LastProbe)
        {
            _unanswered = (number, time.GetTimestamp());
        }
    }

    [LoggerMessage(211, LogLevel.Warning, "The gateway stream has been silent for {Seconds:0.0} s: resubscribing")]
    private partial void LogSilent(double seconds);

    [LoggerMessage(212, LogLevel.Debug, "Probing the gateway stream failed")]
    private partial void LogProbeFailed(Exception exception);
}
