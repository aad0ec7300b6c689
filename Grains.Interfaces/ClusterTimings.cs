using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// How fast silos and gateways notice that another is gone. The defaults have a silo that was killed declared dead after about a second and its
/// rooms back elsewhere after one to two. The price: a silo that stands still for more than three seconds may be declared dead while it lives.
/// That costs its restart and nothing else, for the log fences what such a silo still believes to own.
/// </summary>
public sealed record ClusterTimings : IValidatableObject
{
    /// <summary>How long a silo's answer to a probe may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Probe { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it may take at most where the prober itself is slow. Three of these also bound how long a silent connection passes for life.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan LongestProbe { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often a silo reads the membership table without being told to.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan TableRefresh { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a silo writes there that it is alive.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan IAmAlive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a silo tries to join; then its process ends, to be started again. A little more than three times <see cref="IAmAlive"/>: where all
    /// silos died at once and come back at other addresses, a joining silo waits for the dead, and only one that starts when they have been silent
    /// for three times that long declares them dead itself.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:30:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan JoinWithin { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>How long any call waits for its answer, between silos and from gateways. A call through a silo that dies waits all of it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Response { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a silo keeps what is meant for a gateway that it lost.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ClientDrop { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a gateway looks which silos there are.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SiloListRefresh { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a silo that stops lets gateways turn to others before it closes its door.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(1);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (LongestProbe < Probe)
        {
            yield return new("is shorter than Probe.", [nameof(LongestProbe)]);
        }
    }
}
