namespace OrleansChat.LocalCluster;

/// <summary>
/// The silos and gateways that this program runs as child processes. Silos start first and stop last.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly LocalOptions _options;
    private readonly ReadyProbe _probe;
    private readonly ManagedProcess[] _silos;
    private readonly ManagedProcess[] _gateways;
    private readonly ConsoleOutput _screen;

    public Cluster(ClusterPlan plan, ConsoleOutput screen)
    {
        _options = plan.Options;
        _screen = screen;
        _probe = new(plan.Options.ReadyWithin, TimeProvider.System);
        _silos = [.. plan.Silos.Select(Make)];
        _gateways = [.. plan.Gateways.Select(Make)];

        ManagedProcess Make(ProcessPlan child) => new(child, plan.Options, screen, _probe, TimeProvider.System);
    }

    /// <summary>
    /// Starts all children and waits until they are ready. Returns false if <paramref name="stop"/> is cancelled before
    /// all children are ready. Throws <see cref="CannotStartException"/> if a child fails to start.
    /// </summary>
    public async Task<bool> StartAsync(CancellationToken stop)
    {
        try
        {
            await StartAllAsync(_silos, stop);
            await StartAllAsync(_gateways, stop);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>
    /// Restarts children that die, until <paramref name="stop"/> is cancelled. Completes earlier if restarts are off
    /// and all children have died.
    /// </summary>
    public async Task KeepAsync(CancellationToken stop)
    {
        try
        {
            await Task.WhenAll(_silos.Concat(_gateways).Select(child => child.KeepAsync(stop)));
            _screen.Say("All silos and gateways have ended.");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>
    /// Stops all gateways, then all silos, each group within <see cref="LocalOptions.StopWithin"/>. Kills the children
    /// that still run after this time, or when <paramref name="kill"/> is cancelled. Returns false if it killed a
    /// child.
    /// </summary>
    public async Task<bool> StopAsync(CancellationToken kill)
    {
        _screen.Say("Stopping gateways, then silos. Press Ctrl-C again to kill them.");
        var gateways = await StopAllAsync(_gateways, _options.StopWithin, kill);
        var silos = await StopAllAsync(_silos, _options.StopWithin, kill);
        _screen.Say("Stopped.");
        return gateways && silos;
    }

    /// <summary>
    /// Kills the children that still run. Children still run here only if the start failed. In this case the cluster
    /// has no clients yet, so killing a child disconnects nobody.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        var all = _gateways.Concat(_silos).ToArray();
        await Task.WhenAll(all.Select(child => child.KillAsync()));
        Array.ForEach(all, child => child.Dispose());
        _probe.Dispose();
    }

    private static async Task StartAllAsync(ManagedProcess[] children, CancellationToken stop)
    {
        // When one child has failed, cancel the starts of the others. They often fail for the same reason, such as a
        // database that cannot be reached.
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var starts = children.Select(child => child.StartAsync(failed.Token)).ToList();
        try
        {
            await foreach (var start in Task.WhenEach(starts))
            {
                await start;
            }
        }
        finally
        {
            await failed.CancelAsync();
            await Task.WhenAll(starts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<bool> StopAllAsync(ManagedProcess[] children, TimeSpan within, CancellationToken kill)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(kill);
        deadline.CancelAfter(within);
        var stopped = await Task.WhenAll(children.Select(child => child.StopAsync(deadline.Token)));
        return Array.TrueForAll(stopped, inTime => inTime);
    }
}
