using OrleansChat.Grains.Interfaces;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>The gateways' leases, kept where nothing dies: what follows from a lease is simulated, keeping it is not.</summary>
internal sealed class Registry(Simulated world) : IGatewayRegistryGrain
{
    private readonly Dictionary<string, long> _until = [];
    private readonly HashSet<string> _over = [];

    public Task<LeaseGrant> RenewAsync(string gateway)
    {
        Expire();
        if (_over.Contains(gateway))
        {
            return Task.FromResult(new LeaseGrant(false, world.ClusterNumber));
        }

        _until[gateway] = world.Scheduler.Now + Lease.Length.Ticks;
        return Task.FromResult(new LeaseGrant(true, world.ClusterNumber));
    }

    public Task<DrainShare> DrainAsync(string gateway, int connections) => throw new NotSupportedException("No gateway drains here.");

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

/// <summary>Says to a gateway what it said to itself.</summary>
internal sealed class EchoOnAnySilo(Simulated world, Node node) : IInboxEchoGrain
{
    public Task EchoAsync(string gateway, long number) => world.Inboxes.PublishAsync(node, gateway, new InboxEcho(number));
}
