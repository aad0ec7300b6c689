using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>
/// The gateways' leases, in memory. When the registry moves to another silo it knows nobody, and says so for one lease's time, in which
/// those that live renew.
/// </summary>
internal sealed class GatewayRegistryGrain(TimeProvider time, IClusterMembershipService cluster) : Grain, IGatewayRegistryGrain
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Without a tick for so long, the process was stopped, and not its gateways. Shorter than a lease by more than a renewal takes.</summary>
    private static readonly TimeSpan Nap = TimeSpan.FromSeconds(3);

    private readonly Leases _leases = new(time);
    private long _ticked = time.GetTimestamp();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // It stays even when no gateway is left: it remembers whom it must not let back.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(WakeAsync, new() { DueTime = Tick, Period = Tick });
        return Task.CompletedTask;
    }

    public Task<LeaseGrant> RenewAsync(string gateway)
        => Task.FromResult(new LeaseGrant(Awake().Renew(gateway), cluster.CurrentSnapshot.Version.Value));

    public Task<DrainShare> DrainAsync(string gateway, int connections) => Task.FromResult(Awake().Drain(gateway, connections));

    public Task ReleaseAsync(string gateway)
    {
        Awake().Release(gateway);
        return Task.CompletedTask;
    }

    public Task<LiveGateways> LiveAsync() => Task.FromResult(new LiveGateways(Awake().Live(), _leases.Settled));

    private Task WakeAsync(CancellationToken cancellationToken)
    {
        Awake();
        _ticked = time.GetTimestamp();
        return Task.CompletedTask;
    }

    /// <summary>The leases, first of all told where this process has slept.</summary>
    private Leases Awake()
    {
        if (time.GetElapsedTime(_ticked) >= Nap)
        {
            _ticked = time.GetTimestamp();
            _leases.Slept();
        }

        return _leases;
    }
}
