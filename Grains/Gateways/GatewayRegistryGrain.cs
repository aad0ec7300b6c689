using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>
/// Keeps the gateways' leases in memory. A new activation has no leases. So during its first
/// <see cref="Lease.Length"/>, a gateway without a lease may still be alive. Every live gateway renews its lease within
/// that time.
/// </summary>
[GrainType("gatewayregistry")]
internal sealed class GatewayRegistryGrain(TimeProvider time, IClusterMembershipService cluster, IGatewayStateCleaner? cleaner = null) : Grain, IGatewayRegistryGrain
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>
    /// If no timer tick ran for this time, this process was paused and could receive no renewals. The time must be
    /// shorter than a lease minus one renewal period, so that no lease expires during a shorter pause.
    /// </summary>
    private static readonly TimeSpan MaxTickGap = TimeSpan.FromSeconds(3);

    private readonly Leases _leases = new(time, ended => cleaner?.Ended(ended));
    private long _ticked = time.GetTimestamp();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // The activation stays even without gateways, because it remembers the ids that must not get a lease again.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        this.RegisterGrainTimer(WakeAsync, new() { DueTime = Tick, Period = Tick });
        return Task.CompletedTask;
    }

    public Task<LeaseGrant> RenewAsync(string gateway) => RenewAsync(gateway, LogVersion.First);

    public Task<LeaseGrant> RenewAsync(string gateway, int version)
        => Task.FromResult(new LeaseGrant(Awake().Renew(gateway), cluster.CurrentSnapshot.Version.Value));

    public Task<DrainShare> DrainAsync(string gateway, int connections) => Task.FromResult(Awake().Drain(gateway, connections));

    public Task ReleaseAsync(string gateway)
    {
        Awake().Release(gateway);
        return Task.CompletedTask;
    }

    public Task<LiveGateways> LiveAsync() => Task.FromResult(new LiveGateways(Awake().Live(), _leases.IsWarmedUp));

    private Task WakeAsync(CancellationToken cancellationToken)
    {
        Awake();
        _ticked = time.GetTimestamp();
        return Task.CompletedTask;
    }

    /// <summary>Returns the leases, after extending them if this process was paused.</summary>
    private Leases Awake()
    {
        if (time.GetElapsedTime(_ticked) >= MaxTickGap)
        {
            _ticked = time.GetTimestamp();
            _leases.OnClockJump();
        }

        return _leases;
    }
}
