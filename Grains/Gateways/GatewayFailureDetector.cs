using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>
/// Notifies grains when a gateway dies. There is one instance per silo. The registry decides when a gateway is dead
/// (<see cref="Leases"/>). A grain with users or sessions of a gateway registers for that gateway
/// (<see cref="Watch"/>). When the gateway's lease has ended, the detector calls the grain. On this silo a dead gateway
/// stays dead: if its process was only paused, its later calls are refused. Thread-safe.
/// </summary>
/// <remarks>
/// Every second (<see cref="PollAsync"/>):
/// <list type="number">
/// <item>Copy the list of registered gateways. If the list is empty, the round ends.</item>
/// <item>Ask the registry which gateways have a lease. If the registry is not warmed up
/// (<see cref="LiveGateways.IsWarmedUp"/>), stop here until the next round.</item>
/// <item>Mark each registered gateway that has no lease as dead.</item>
/// <item>Call each grain that registered for a dead gateway. A grain whose call failed stays registered, and the next
/// round calls it again.</item>
/// </list>
/// The list must be copied before the registry is asked. A gateway takes its lease before it calls a grain. So a
/// gateway that is on the list and has no lease is dead, not new. A lease lasts 7 s, and the next check follows within
/// 1 s. If the calls take less than 2 s, presence is correct within 10 s of a gateway's death.
/// </remarks>
internal sealed partial class GatewayFailureDetector(IGrainFactory grains, TimeProvider time, GrainInstruments instruments, ILogger<GatewayFailureDetector> logger)
    : BackgroundService
{
    /// <summary>How often the detector asks the registry.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How long one call may take. The next round repeats a call that takes longer.</summary>
    private static readonly TimeSpan CallBound = TimeSpan.FromSeconds(2);

    /// <summary>Maximum number of grains called at the same time.</summary>
    private const int Concurrency = 64;

    /// <summary>Maximum number of dead gateways remembered. If there are more, the oldest one is forgotten.</summary>
    private const int MaxDead = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<GrainId, Func<string, Task>>> _watchers = [];
    private readonly HashSet<string> _dead = [];
    private readonly Queue<string> _deadOrder = [];

    /// <summary>Whether this silo knows that the gateway's lease has ended.</summary>
    public bool IsDead(string gateway)
    {
        lock (_lock)
        {
            return _dead.Contains(gateway);
        }
    }

    /// <summary>
    /// Marks a gateway as dead on this silo. A grain also calls this method when the detector of another silo has
    /// notified the grain. The grains of this silo then refuse all later calls of the gateway.
    /// </summary>
    public void MarkDead(string gateway)
    {
        lock (_lock)
        {
            if (_dead.Add(gateway))
            {
                instruments.GatewaysGone.Add(1);
                _deadOrder.Enqueue(gateway);
                if (_deadOrder.Count > MaxDead)
                {
                    _dead.Remove(_deadOrder.Dequeue());
                }
            }
        }
    }

    /// <summary>Registers a grain that has users or sessions of a gateway.</summary>
    /// <param name="notify">
    /// Called with the gateway's id when its lease has ended. A failed call is repeated until it succeeds.
    /// </param>
    public void Watch(string gateway, GrainId holder, Func<string, Task> notify)
    {
        lock (_lock)
        {
            if (!_watchers.TryGetValue(gateway, out var holders))
            {
                _watchers[gateway] = holders = [];
            }

            holders[holder] = notify;
        }
    }

    /// <summary>Removes the registration of a grain that no longer has users or sessions of the gateway.</summary>
    public void Unwatch(string gateway, GrainId holder)
    {
        lock (_lock)
        {
            if (_watchers.TryGetValue(gateway, out var holders) && holders.Remove(holder) && holders.Count == 0)
            {
                _watchers.Remove(gateway);
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
                await PollAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        // Step 1: copy the list, before the registry is asked.
        string[] held;
        lock (_lock)
        {
            held = [.. _watchers.Keys];
        }

        if (held.Length == 0)
        {
            return;
        }

        try
        {
            // Step 2: ask the registry.
            var live = await grains.GetGrain<IGatewayRegistryGrain>(0).LiveAsync().WaitAsync(CallBound, time, cancellationToken);
            if (live.IsWarmedUp)
            {
                foreach (var gateway in held.Except(live.Gateways))
                {
                    await NotifyWatchersAsync(gateway, cancellationToken);
                }
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogRegistryAway(exception);
        }
    }

    private async Task NotifyWatchersAsync(string gateway, CancellationToken cancellationToken)
    {
        // Step 3: mark the gateway as dead, so that no grain attaches its users again.
        MarkDead(gateway);
        KeyValuePair<GrainId, Func<string, Task>>[] holders;
        lock (_lock)
        {
            holders = [.. _watchers.GetValueOrDefault(gateway) ?? []];
        }

        // Step 4: call the grains.
        LogGone(gateway, holders.Length);
        await Parallel.ForEachAsync(
            holders,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current },
            async (holder, token) =>
            {
                try
                {
                    await holder.Value(gateway).WaitAsync(CallBound, time, token);
                    Unwatch(gateway, holder.Key);
                }
                catch (Exception exception) when (!token.IsCancellationRequested)
                {
                    // The registration is still there, so the next round calls the grain again.
                    LogNotifyFailed(exception, holder.Key);
                }
            });
    }

    [LoggerMessage(300, LogLevel.Warning, "Asking the gateway registry failed; trying again")]
    private partial void LogRegistryAway(Exception exception);

    [LoggerMessage(301, LogLevel.Information, "The lease of gateway {Gateway} has ended; notifying {Holders} grains")]
    private partial void LogGone(string gateway, int holders);

    [LoggerMessage(302, LogLevel.Warning, "Notifying {Holder} of a dead gateway failed; trying again")]
    private partial void LogNotifyFailed(Exception exception, GrainId holder);
}
