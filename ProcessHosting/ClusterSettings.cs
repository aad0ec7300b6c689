using System.ComponentModel.DataAnnotations;

namespace OrleansChat.ProcessHosting;

/// <summary>The store through which the members of a cluster find each other.</summary>
public enum ClusterStore
{
    /// <summary>
    /// One silo on this machine, found by its port. Membership and subscriptions are lost when it stops.
    /// </summary>
    Localhost,

    /// <summary>Any number of silos, in a PostgreSQL database. Membership and subscriptions are durable.</summary>
    Postgres,
}

/// <summary>
/// The cluster that a silo or a gateway belongs to. Section <c>Cluster</c>; it must be the same in all processes.
/// </summary>
public sealed record ClusterSettings : IValidatableObject
{
    public const string Section = "Cluster";

    /// <summary>
    /// Where members find each other: on this machine, which allows one silo, or in a PostgreSQL database.
    /// </summary>
    public ClusterStore Store { get; init; } = ClusterStore.Localhost;

    /// <summary>
    /// Connection string of the PostgreSQL database, in the format of Npgsql. Required with
    /// <see cref="ClusterStore.Postgres"/>, refused otherwise.
    /// </summary>
    public string? ConnectionString { get; init; }

    /// <summary>Name of this set of silos. Only processes with the same name connect to each other.</summary>
    [Required, StringLength(100, MinimumLength = 1)] public string Id { get; init; } = "orleanschat";

    /// <summary>Name of the service in all its clusters: stored data is found under it. It must never change.</summary>
    [Required, StringLength(100, MinimumLength = 1)] public string ServiceId { get; init; } = "orleanschat";

    /// <summary>
    /// With <see cref="ClusterStore.Localhost"/>: the port at which the one silo accepts gateways (its
    /// <c>Silo:ClientPort</c>).
    /// </summary>
    [Range(1, 65535)] public int ClientPort { get; init; } = 30000;

    /// <summary>
    /// How long a silo tries to join the cluster. Then its process ends, to be started again. The default is a little
    /// more than three times the 10 s between two writes of a silo to the membership table: if all silos died at once
    /// and return at other addresses, joining silos wait for the dead ones. Only a silo that starts after the entries
    /// of the dead ones are stale declares them dead.
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
