using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Grains.Interfaces;

/// <summary>Where a cluster's members find each other.</summary>
public enum ClusterStore
{
    /// <summary>One silo on this machine, known by its port. Membership and subscriptions live and die with it.</summary>
    Localhost,

    /// <summary>Any number of silos, in a PostgreSQL database. Membership and subscriptions are durable.</summary>
    Postgres,
}

/// <summary>Which cluster a silo or a gateway belongs to. Bound from configuration section <c>Cluster</c>; the same on both sides.</summary>
public sealed record ClusterSettings : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Cluster";

    /// <summary>Where members find each other.</summary>
    public ClusterStore Store { get; init; } = ClusterStore.Localhost;

    /// <summary>How to reach PostgreSQL, as Npgsql writes it. Needed with <see cref="ClusterStore.Postgres"/>, refused without.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Names this set of silos: only those of one id meet.</summary>
    [Required, StringLength(100, MinimumLength = 1)] public string Id { get; init; } = "orleanschat";

    /// <summary>Names the service over all its clusters: what is stored is found again under it. Never changes.</summary>
    [Required, StringLength(100, MinimumLength = 1)] public string ServiceId { get; init; } = "orleanschat";

    /// <summary>With <see cref="ClusterStore.Localhost"/>: the port at which the one silo (its <c>Silo:GatewayPort</c>) takes in gateways.</summary>
    [Range(1, 65535)] public int GatewayPort { get; init; } = 30000;

    /// <summary>How long a gateway that starts goes on trying to reach the cluster; then its process ends with the reason.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ConnectWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How fast the dead are noticed.</summary>
    public ClusterTimings Timings { get; init; } = new();

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        switch (Store)
        {
            case ClusterStore.Postgres when string.IsNullOrWhiteSpace(ConnectionString):
                yield return new("is needed where Cluster:Store is postgres.", [nameof(ConnectionString)]);
                break;
            case ClusterStore.Localhost when ConnectionString is not null:
                yield return new("is given, but Cluster:Store is localhost; say postgres there, or leave this out.", [nameof(ConnectionString)]);
                break;
        }

        var timings = new List<ValidationResult>();
        Validator.TryValidateObject(Timings, new ValidationContext(Timings), timings, validateAllProperties: true);
        foreach (var timing in timings)
        {
            yield return new(timing.ErrorMessage, timing.MemberNames.Select(name => $"{nameof(Timings)}:{name}"));
        }
    }
}
