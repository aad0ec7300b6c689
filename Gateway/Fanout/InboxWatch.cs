using Microsoft.Extensions.Options;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// Hears whether the inbox is alive: the gateway speaks to itself through it. Streams to clients can go silent until somebody subscribes
/// anew, after a silo took the subscription with it for one; so when what was published does not come back, this subscribes anew. What
/// happened in rooms meanwhile the beacon finds; who came and went the rooms tell again, and what was rung for users their grains.
/// </summary>
internal sealed partial class InboxWatch(
    IGrainFactory grains, GatewayId gateway, GatewayInbox inbox, Feeds feeds, Users users, IOptions<FanoutOptions> options, FanoutInstruments instruments, TimeProvider time,
    ILogger<InboxWatch> logger) : BackgroundService
{
    private long _spoken;

    /// <summary>The first echo that was published and has not come back, and since when; 0 for none.</summary>
    private (long Number, long Since) _unheard;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.EchoMs), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SpeakAsync();
                if (_unheard.Number > inbox.Echoed && time.GetElapsedTime(_unheard.Since) >= 2 * timer.Period)
                {
                    LogSilent(time.GetElapsedTime(_unheard.Since).TotalSeconds);
                    _unheard = default;
                    await inbox.SubscribeAsync();
                    instruments.Resubscribed();
                    await Task.WhenAll(feeds.AttendAllAsync(stoppingToken), users.AttendAllAsync(stoppingToken));
                }
            }
            catch (Exception away) when (away is not OutOfMemoryException)
            {
                // Nobody can publish, or take a subscription: the beacon is the way meanwhile, and this tries again.
                LogAway(away.Message);
            }
        }
    }

    private async Task SpeakAsync()
    {
        var number = ++_spoken;

        // Another key each time: the silos take turns.
        await grains.GetGrain<IInboxEchoGrain>(number).EchoAsync(gateway.Id, number);
        if (_unheard.Number <= inbox.Echoed)
        {
            _unheard = (number, time.GetTimestamp());
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The inbox has been silent for {Seconds:0.0} s: subscribing anew")]
    private partial void LogSilent(double seconds);

    [LoggerMessage(2, LogLevel.Debug, "The inbox cannot be tried: {Reason}")]
    private partial void LogAway(string reason);
}
