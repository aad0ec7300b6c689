using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>
/// The gateways' leases, in memory. When the registry moves to another silo it knows nobody, and says so for one lease's time, in which
/// those that live renew.
/// </summary>
internal sealed class GatewayRegistryGrain(TimeProvider time, IClusterMembershipService cluster) : Grain, IGatewayRegistryGrain
{
    private readonly Leases _leases = new(time);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // It stays even when no gateway is left: it remembers whom it must not let back.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task<LeaseGrant> RenewAsync(string gateway)
        => Task.FromResult(new LeaseGrant(_leases.Renew(gateway), cluster.CurrentSnapshot.Version.Value));

    public Task<DrainShare> DrainAsync(string gateway, int connections) => Task.FromResult(_leases.Drain(gateway, connections));

    public Task ReleaseAsync(string gateway)
    {
        _leases.Release(gateway);
        return Task.CompletedTask;
    }

    public Task<LiveGateways> LiveAsync() => Task.FromResult(new LiveGateways(_leases.Live(), _leases.Settled));
}
