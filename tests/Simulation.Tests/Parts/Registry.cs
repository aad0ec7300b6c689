using OrleansChat.Grains.Interfaces;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// The registry of the gateways' leases, on a <see cref="Node"/> without faults. The simulation covers the effects of a
/// lease, not its storage.
/// </summary>
internal sealed class Registry(Simulated world) : IGatewayRegistryGrain
{
    private readonly Dictionary<string, long> _until = [];
    private readonly HashSet<string> _over = [];

    public Task<LeaseGrant> RenewAsync(string gateway) => RenewAsync(gateway, LogVersion.First);

    public Task<LeaseGrant> RenewAsync(string gateway, int version)
    {
        Expire();
        if (_over.Contains(gateway))
        {
            return Task.FromResult(new LeaseGrant(false, world.ClusterNumber));
        }

        _until[gateway] = world.Scheduler.Now + Lease.Length.Ticks;
        return Task.FromResult(new LeaseGrant(true, world.ClusterNumber));
    }

    public Task<DrainShare> DrainAsync(string gateway, int connections) => throw new NotSupportedException("No gateway drains in the simulation.");

    public Task ReleaseAsync(string gateway)
    {
        _until.Remove(gateway);
        _over.Add(gateway);
        return Task.CompletedTask;
    }

    public Task<LiveGateways> LiveAsync()
    {
        Expire();
        return Task.FromResult(new LiveGateways([.. _until.Keys], true));
    }

    private void Expire()
    {
        foreach (var (gateway, until) in _until)
        {
            if (until <= world.Scheduler.Now)
            {
                _until.Remove(gateway);
                _over.Add(gateway);
            }
        }
    }
}

/// <summary>Publishes the probe of a gateway on that gateway's stream.</summary>
internal sealed class ProbeOnAnySilo(Simulated world, Node node) : IStreamProbeGrain
{
    public Task ProbeAsync(string gateway, long number) => world.Inboxes.PublishAsync(node, gateway, new StreamProbe(number));
}
