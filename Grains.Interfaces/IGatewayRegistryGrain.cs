namespace OrleansChat.Grains.Interfaces;

/// <summary>Keeps the leases of all gateways. A cluster has one registry, with the key 0.</summary>
[Alias("chat.registry")]
public interface IGatewayRegistryGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Takes a lease for a gateway, or renews it. The lease is valid for <see cref="Lease.Length"/>. If the lease of
    /// this gateway id has already expired or was released, the registry refuses the id. The gateway process must then
    /// restart with a new id.
    /// </summary>
    /// <param name="version">The highest <see cref="LogVersion"/> that the gateway knows.</param>
    [Alias("renew-version")]
    Task<LeaseGrant> RenewAsync(string gateway, int version);

    /// <summary>
    /// Takes or renews a lease for a gateway of the previous version, which does not know the events of
    /// <see cref="LogVersion.Rights"/>.
    /// </summary>
    [Alias("renew")]
    Task<LeaseGrant> RenewAsync(string gateway);

    /// <summary>
    /// Marks a gateway as draining. The gateway keeps its lease, but no longer counts as a remaining gateway. A
    /// draining gateway repeats the call every second, with the number of connections that it still has to close. From
    /// the answer, the draining gateway computes its share of the capacity of the remaining gateways.
    /// </summary>
    [Alias("drain")]
    Task<DrainShare> DrainAsync(string gateway, int connections);

    /// <summary>Ends a gateway's lease. A gateway calls this when it stops.</summary>
    [Alias("release")]
    Task ReleaseAsync(string gateway);

    /// <summary>Returns the gateways that have a lease.</summary>
    [Alias("live")]
    Task<LiveGateways> LiveAsync();
}

/// <summary>
/// The times of a lease. They are short enough that presence is correct within 10 s after a gateway dies.
/// </summary>
public static class Lease
{
    /// <summary>How long a lease is valid without renewal.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(7);

    /// <summary>How often a gateway renews its lease.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2);
}

/// <summary>The registry's answer to a renewal.</summary>
/// <param name="Granted">False if the gateway's lease has already ended.</param>
/// <param name="Cluster">
/// The version of the cluster membership. It changes when a silo joins or leaves. After a change, the gateway reports
/// its sessions and attached users again, because grains that were on a lost silo have forgotten them.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.lease")]
public readonly record struct LeaseGrant([property: Id(0)] bool Granted, [property: Id(1)] long Cluster);

/// <summary>The gateways that have a lease.</summary>
/// <param name="IsWarmedUp">
/// False for one <see cref="Lease.Length"/> after the registry started or its process was paused. During this time, a
/// gateway that is missing from <paramref name="Gateways"/> may still be alive.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.live")]
public sealed record LiveGateways([property: Id(0)] string[] Gateways, [property: Id(1)] bool IsWarmedUp);

/// <summary>The numbers from which a draining gateway computes its share of the remaining capacity.</summary>
/// <param name="Remaining">Gateways that have a lease and are not draining.</param>
/// <param name="Connections">
/// Connections that all draining gateways together still have to close, including the connections of the caller.
/// </param>
/// <param name="IsWarmedUp">
/// False for one <see cref="Lease.Length"/> after the registry started or its process was paused. During this time,
/// there may be more remaining gateways than <paramref name="Remaining"/>.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.drain")]
public readonly record struct DrainShare([property: Id(0)] int Remaining, [property: Id(1)] long Connections, [property: Id(2)] bool IsWarmedUp);

/// <summary>
/// The version numbers of the log. Each version allows new kinds of events. The log moves to a version only when every
/// silo and gateway of the cluster knows this version.
/// </summary>
public static class LogVersion
{
    /// <summary>The events that OrleansChat 0.1.0 knows.</summary>
    public const int First = 1;

    /// <summary>
    /// The events of the first version, private groups, pins, and the events that change a group's rights, title,
    /// settings or links.
    /// </summary>
    public const int Rights = 2;

    /// <summary>The highest version that this program knows.</summary>
    public const int Known = Rights;
}
