namespace OrleansChat.Grains.Interfaces;

/// <summary>The gateways that live, by their leases. One for the cluster: key 0.</summary>
[Alias("chat.registry")]
public interface IGatewayRegistryGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Takes or renews a lease of <see cref="Lease.Length"/>. A gateway whose lease ran out is refused for ever: its process must
    /// start anew, under a fresh id.
    /// </summary>
    [Alias("renew")]
    Task<LeaseGrant> RenewAsync(string gateway);

    /// <summary>
    /// A gateway drains: its lease goes on, but it is none that remains. Told again every second with the connections that it still has to
    /// send away, it learns its part of what the remaining gateways can take.
    /// </summary>
    [Alias("drain")]
    Task<DrainShare> DrainAsync(string gateway, int connections);

    /// <summary>Gives the lease up, at the end of a drain.</summary>
    [Alias("release")]
    Task ReleaseAsync(string gateway);

    /// <summary>The gateways whose leases hold, and whether the answer is settled (false for one lease after the registry moved).</summary>
    [Alias("live")]
    Task<LiveGateways> LiveAsync();
}

/// <summary>How long a lease holds and how often it is renewed: together they keep presence right within ten seconds.</summary>
public static class Lease
{
    /// <summary>How long a lease holds without renewal.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(7);

    /// <summary>How often a gateway renews.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2);
}

/// <summary>The registry's answer to a renewal.</summary>
/// <param name="Granted">False where the lease ran out earlier.</param>
/// <param name="Cluster">Changes whenever a silo comes or goes: what gateways told grains before may be forgotten, so they tell it again.</param>
[GenerateSerializer, Immutable, Alias("chat.lease")]
public readonly record struct LeaseGrant([property: Id(0)] bool Granted, [property: Id(1)] long Cluster);

/// <summary>The registry's view.</summary>
[GenerateSerializer, Immutable, Alias("chat.live")]
public sealed record LiveGateways([property: Id(0)] string[] Gateways, [property: Id(1)] bool Settled);

/// <summary>What a gateway that drains has to share, and with whom.</summary>
/// <param name="Remaining">Gateways whose leases hold and that do not drain.</param>
/// <param name="Connections">Connections that all draining gateways together have still to send away, those of the asking one included.</param>
/// <param name="Settled">False for one lease after the registry moved: more may remain than it knows.</param>
[GenerateSerializer, Immutable, Alias("chat.drain")]
public readonly record struct DrainShare([property: Id(0)] int Remaining, [property: Id(1)] long Connections, [property: Id(2)] bool Settled);
