using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>
/// Polls the message log for the heads of all rooms with a feed. The poll uses neither room grains nor streams, so it
/// works even if they fail. It lets the gateway notice three failures: the stream lost the newest event of a room, the
/// room's current activation does not know the attached users, and a call to a room was lost because a silo died.
/// </summary>
internal sealed partial class HeadPoller(
    IGrainFactory grains, RoomFeeds feeds, RoomClients clients, IOptions<FanoutOptions> options, FanoutInstruments instruments, TimeProvider time, ILogger<HeadPoller> logger)
    : BackgroundService
{
    private const int RoomsPerCall = 4096;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (reported, failures) = (instruments.RepairedEvents, 0);
        using var timer = new PeriodicTimer(options.Value.HeadPoll, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var rooms in feeds.Rooms.Chunk(RoomsPerCall))
                {
                    // If the call is lost because a silo died, it fails long after this loop has stopped waiting for
                    // it. Ignore the late exception.
                    var heads = grains.GetGrain<IHistoryGrain>(0).HeadsAsync(rooms);
                    heads.Ignore();
                    clients.OnHeadsPolled(await heads.WaitAsync(2 * timer.Period, time, stoppingToken));
                }

                if (failures > 0)
                {
                    LogRecovered(failures);
                    failures = 0;
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (failures++ == 0)
                {
                    LogPollFailed(exception);
                }
            }

            clients.Sweep();
            if (instruments.RepairedEvents is var repaired && repaired > reported)
            {
                LogRepaired(repaired - reported);
                reported = repaired;
            }
        }
    }

    [LoggerMessage(221, LogLevel.Warning, "Polling room heads fails; live delivery is not affected")]
    private partial void LogPollFailed(Exception exception);

    [LoggerMessage(223, LogLevel.Information, "Polling room heads works again after {Failures} failures")]
    private partial void LogRecovered(int failures);

    [LoggerMessage(222, LogLevel.Information, "{Events} events were read from the message log because the stream had not delivered them")]
    private partial void LogRepaired(long events);
}
