namespace OrleansChat.LocalCluster;

/// <summary>All the children: silos before gateways when they start, gateways before silos when they stop.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly LocalOptions _options;
    private readonly ReadyProbe _probe;
    private readonly Child[] _silos;
    private readonly Child[] _gateways;
    private readonly Screen _screen;

    public Cluster(Plan plan, Screen screen)
    {
        _options = plan.Options;
        _screen = screen;
        _probe = new(plan.Options.ReadyWithin, TimeProvider.System);
        _silos = [.. plan.Silos.Select(Make)];
        _gateways = [.. plan.Gateways.Select(Make)];

        Child Make(ChildPlan child) => new(child, plan.Options, screen, _probe, TimeProvider.System);
    }

    /// <summary>Starts everything; true when all of it is ready, false where <paramref name="stop"/> came first. Throws <see cref="CannotStartException"/>
    /// for the first child that fails.</summary>
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

    /// <summary>Keeps every child running until <paramref name="stop"/>.</summary>
    public async Task KeepAsync(CancellationToken stop)
    {
        try
        {
            await Task.WhenAll(_silos.Concat(_gateways).Select(child => child.KeepAsync(stop)));
            _screen.Say("Nothing is left running.");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>Stops everything, each half within <see cref="LocalOptions.StopWithin"/>, or at once when <paramref name="kill"/> comes. False where
    /// something had to be killed.</summary>
    public async Task<bool> StopAsync(CancellationToken kill)
    {
        _screen.Say("Stopping: gateways, then silos. Ctrl-C again kills them.");
        var gateways = await StopAllAsync(_gateways, _options.StopWithin, kill);
        var silos = await StopAllAsync(_silos, _options.StopWithin, kill);
        _screen.Say("Stopped.");
        return gateways && silos;
    }

    /// <summary>Kills what still runs: after a start that failed, there is nothing to drain.</summary>
    public async ValueTask DisposeAsync()
    {
        var all = _gateways.Concat(_silos).ToArray();
        await Task.WhenAll(all.Select(child => child.KillAsync()));
        Array.ForEach(all, child => child.Dispose());
        _probe.Dispose();
    }

    private static async Task StartAllAsync(Child[] children, CancellationToken stop)
    {
        // The first failure ends the wait for the others: two silos without their database have the same to say.
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

    private static async Task<bool> StopAllAsync(Child[] children, TimeSpan within, CancellationToken kill)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(kill);
        deadline.CancelAfter(within);
        var stopped = await Task.WhenAll(children.Select(child => child.StopAsync(deadline.Token)));
        return Array.TrueForAll(stopped, inTime => inTime);
    }
}
