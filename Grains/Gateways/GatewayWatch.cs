using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>
/// One a silo: asks the registry who lives, while grains of this silo hold something of some gateway, and tells them when one does not.
/// A gateway found dead is never believed again on this silo, so that one that wakes up late brings nobody back. Safe for any thread.
/// </summary>
/// <remarks>A lease of seven seconds, a look a second and one call: presence is right within ten seconds of a gateway's death.</remarks>
internal sealed partial class GatewayWatch(IGrainFactory grains, TimeProvider time, GrainInstruments instruments, ILogger<GatewayWatch> logger)
    : BackgroundService
{
    /// <summary>How often the registry is asked.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How long one call may take before it is left to the next round.</summary>
    private static readonly TimeSpan CallBound = TimeSpan.FromSeconds(2);

    /// <summary>Grains told at one time.</summary>
    private const int Concurrency = 64;

    /// <summary>Dead gateways kept in mind.</summary>
    private const int MostGone = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<GrainId, Func<string, Task>>> _held = [];
    private readonly HashSet<string> _gone = [];
    private readonly Queue<string> _goneOrder = [];

    /// <summary>Whether the gateway's lease is known to be over.</summary>
    public bool IsGone(string gateway)
    {
        lock (_lock)
        {
            return _gone.Contains(gateway);
        }
    }

    /// <summary>
    /// The gateway's lease is over: another silo's watch has told a grain that is here now, and whatever else that gateway asks of this silo is
    /// refused as well.
    /// </summary>
    public void Learn(string gateway)
    {
        lock (_lock)
        {
            if (_gone.Add(gateway))
            {
                instruments.GatewaysGone.Add(1);
                _goneOrder.Enqueue(gateway);
                if (_goneOrder.Count > MostGone)
                {
                    _gone.Remove(_goneOrder.Dequeue());
                }
            }
        }
    }

    /// <summary>A grain holds something of a gateway; <paramref name="tell"/> tells it that the gateway is gone.</summary>
    public void Note(string gateway, GrainId holder, Func<string, Task> tell)
    {
        lock (_lock)
        {
            if (!_held.TryGetValue(gateway, out var holders))
            {
                _held[gateway] = holders = [];
            }

            holders[holder] = tell;
        }
    }

    /// <summary>A grain holds nothing of a gateway any more.</summary>
    public void Forget(string gateway, GrainId holder)
    {
        lock (_lock)
        {
            if (_held.TryGetValue(gateway, out var holders) && holders.Remove(holder) && holders.Count == 0)
            {
                _held.Remove(gateway);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        // Taken before the registry is asked: a gateway has its lease before it comes to a grain, so one of these that is not live is dead.
        string[] held;
        lock (_lock)
        {
            held = [.. _held.Keys];
        }

        if (held.Length == 0)
        {
            return;
        }

        try
        {
            var live = await grains.GetGrain<IGatewayRegistryGrain>(0).LiveAsync().WaitAsync(CallBound, time, cancellationToken);
            if (live.Settled)
            {
                foreach (var gateway in held.Except(live.Gateways))
                {
                    await TellGoneAsync(gateway, cancellationToken);
                }
            }
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogRegistryAway(failure);
        }
    }

    private async Task TellGoneAsync(string gateway, CancellationToken cancellationToken)
    {
        Learn(gateway);
        KeyValuePair<GrainId, Func<string, Task>>[] holders;
        lock (_lock)
        {
            holders = [.. _held.GetValueOrDefault(gateway) ?? []];
        }

        LogGone(gateway, holders.Length);
        await Parallel.ForEachAsync(
            holders,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current },
            async (holder, token) =>
            {
                try
                {
                    await holder.Value(gateway).WaitAsync(CallBound, time, token);
                    Forget(gateway, holder.Key);
                }
                catch (Exception failure) when (!token.IsCancellationRequested)
                {
                    // It is still held, so the next round tells it again.
                    LogNotTold(failure, holder.Key);
                }
            });
    }

    [LoggerMessage(300, LogLevel.Warning, "The gateway registry does not answer; it is asked again.")]
    private partial void LogRegistryAway(Exception failure);

    [LoggerMessage(301, LogLevel.Information, "The lease of gateway {Gateway} is over; {Holders} grains are told.")]
    private partial void LogGone(string gateway, int holders);

    [LoggerMessage(302, LogLevel.Warning, "{Holder} could not be told that a gateway is gone; it is told again.")]
    private partial void LogNotTold(Exception failure, GrainId holder);
}
