using Microsoft.Extensions.Options;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// Asks the log, apart from grains' turns and streams, how far the rooms are that this gateway holds somebody in: catches a lost last
/// event, an activation that has forgotten who is attached, and a call that went down with a silo.
/// </summary>
internal sealed partial class Beacon(
    IGrainFactory grains, Feeds feeds, IOptions<FanoutOptions> options, FanoutInstruments instruments, TimeProvider time, ILogger<Beacon> logger)
    : BackgroundService
{
    private const int RoomsPerCall = 4096;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var told = instruments.RepairedEvents;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.BeaconMs), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var rooms in feeds.Rooms.Chunk(RoomsPerCall))
                {
                    // One that went down with a silo fails long after it was given up.
                    var heads = grains.GetGrain<IHistoryGrain>(0).HeadsAsync(rooms);
                    heads.Ignore();
                    feeds.Beacon(await heads.WaitAsync(2 * timer.Period, time, stoppingToken));
                }
            }
            catch (Exception away) when (away is not OutOfMemoryException && !stoppingToken.IsCancellationRequested)
            {
                LogAway(away.Message);
            }

            feeds.Sweep();
            if (instruments.RepairedEvents is var repaired && repaired > told)
            {
                LogRepaired(repaired - told);
                told = repaired;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The beacon is dark, and live delivery goes on without it: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(2, LogLevel.Information, "{Events} events were read from the log, for the stream had not told them")]
    private partial void LogRepaired(long events);
}
