using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>A fake registry. The test sets its answers.</summary>
internal sealed class RegistryThatSays : IGatewayRegistryGrain
{
    public Func<Task<bool>> Grants { get; set; } = () => Task.FromResult(true);

    /// <summary>
    /// Answers the drain calls. The argument is the number of connections that the gateway still has. By default no
    /// other gateway remains.
    /// </summary>
    public Func<int, Task<DrainShare>> Shares { get; set; } = left => Task.FromResult(new DrainShare(0, left, true));

    /// <summary>The version of the cluster membership that each grant contains.</summary>
    public long Cluster { get; set; } = 1;

    public int Calls { get; private set; }

    /// <summary>The highest <c>LogVersion</c> that the gateway reported in its last renewal.</summary>
    public int Version { get; private set; }

    /// <summary>The number of drain calls so far.</summary>
    public int Drains { get; private set; }

    public bool Released { get; private set; }

    public Task<LeaseGrant> RenewAsync(string gateway) => RenewAsync(gateway, LogVersion.First);

    public async Task<LeaseGrant> RenewAsync(string gateway, int version)
    {
        Calls++;
        Version = version;
        return new(await Grants(), Cluster);
    }

    public Task<DrainShare> DrainAsync(string gateway, int connections)
    {
        Drains++;
        return Shares(connections);
    }

    public Task ReleaseAsync(string gateway)
    {
        Released = true;
        return Task.CompletedTask;
    }

    public Task<LiveGateways> LiveAsync() => Task.FromResult(new LiveGateways([], true));
}
