using System.ComponentModel.DataAnnotations;

namespace OrleansChat.ProcessHosting;

/// <summary>How the processes of a cluster find each other.</summary>
public enum ClusterStore
{
    /// <summary>
    /// The cluster has one silo, on this machine. Gateways find the silo by its port. When the silo stops, the cluster
    /// membership and the stream subscriptions are lost.
    /// </summary>
    Localhost,

    /// <summary>
    /// The cluster has any number of silos. All processes find the silos in a PostgreSQL database. The cluster
    /// membership and the stream subscriptions are durable.
    /// </summary>
    Postgres,
}

/// <summary>
/// The cluster that a silo or a gateway belongs to. Section <c>Cluster</c>. All processes of a cluster must have the
/// same <see cref="Store"/>, <see cref="Id"/> and <see cref="ServiceId"/>.
/// </summary>
public sealed record ClusterSettings : IValidatableObject
{
    public const string Section = "Cluster";

    /// <summary>
    /// Where silos and gateways find each other: on this machine, which allows only one silo, or in a PostgreSQL
    /// database.
    /// </summary>
    public ClusterStore Store { get; init; } = ClusterStore.Localhost;

    /// <summary>
    /// Connection string of the PostgreSQL database, in the format of Npgsql. Required if the store is
    /// <see cref="ClusterStore.Postgres"/>. With the other store, the process refuses to start if this is set.
    /// </summary>
    public string? ConnectionString { get; init; }

    /// <summary>Name of this cluster. Only processes with the same cluster name connect to each other.</summary>
    [Required, StringLength(100, MinimumLength = 1)] public string Id { get; init; } = "orleanschat";

    /// <summary>
    /// Name of the service that the cluster belongs to. If a service has several clusters, all of them have the same
    /// service name. Data is stored under this name, so the name must never change.
    /// </summary>
    [Required, StringLength(100, MinimumLength = 1)] public string ServiceId { get; init; } = "orleanschat";

    /// <summary>
    /// With <see cref="ClusterStore.Localhost"/>: the port at which the one silo accepts gateways (its
    /// <c>Silo:ClientPort</c>).
    /// </summary>
    [Range(1, 65535)] public int ClientPort { get; init; } = 30000;

    /// <summary>
    /// How long a silo tries to join the cluster. After this time, the process ends, so that its supervisor starts it
    /// again. The restart is needed if all silos died at once and new silos started at other addresses. Then the new
    /// silos wait, because the membership table still lists the dead silos as alive. A dead silo's entry becomes stale
    /// 30 s after its last write. Only a silo that starts after this moment declares the dead silo dead. So the default
    /// is longer than 30 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:30:00")]
    public TimeSpan JoinWithin { get; init; } = TimeSpan.FromSeconds(40);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        switch (Store)
        {
            case ClusterStore.Postgres when string.IsNullOrWhiteSpace(ConnectionString):
                yield return new("it is required if Cluster:Store is postgres. Set it to the connection string of the database.", [nameof(ConnectionString)]);
                break;
            case ClusterStore.Localhost when ConnectionString is not null:
                yield return new("it has no effect if Cluster:Store is localhost. Set Cluster:Store to postgres, or remove this setting.", [nameof(ConnectionString)]);
                break;
        }
    }
}
