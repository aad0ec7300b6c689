using System.ComponentModel.DataAnnotations;

namespace OrleansChat.ProcessHosting;

/// <summary>
/// How fast silos and gateways detect that another process is gone. With the defaults, a silo that was killed is
/// declared dead after about a second, and its rooms are available again after one to two. The price: a silo that is
/// paused for more than three seconds may be declared dead while it lives. That costs a restart and nothing else,
/// because the message log rejects appends of a silo that no longer owns the room.
/// </summary>
public sealed record ClusterTimings : IValidatableObject
{
    /// <summary>
    /// Initial timeout of the probes by which silos check each other. Orleans adapts it to the measured response times:
    /// from half of this value up to <see cref="MaxProbe"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Probe { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Maximum timeout of a probe. A silo from which any message arrived within three times this value is not
    /// suspected.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxProbe { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often a silo reads the membership table if no other silo reports a change.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan TableRefresh { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How often a silo writes to the membership table that it is alive. After three missing writes its entry counts as
    /// stale.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan IAmAlive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a silo tries to join the cluster. Then its process ends, to be started again. The default is a little
    /// more than three times <see cref="IAmAlive"/>: if all silos died at once and return at other addresses, joining
    /// silos wait for the dead ones. Only a silo that starts after the entries of the dead ones are stale declares them
    /// dead.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:30:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan JoinWithin { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>
    /// How long a call waits for its answer, between silos and from gateways. A call to a silo that dies, or through
    /// one, waits all this time.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Response { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a silo keeps messages for a gateway that it has lost the connection to. Then it drops them.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ClientDrop { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a gateway reads the list of silos.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SiloListRefresh { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a stopping silo gives gateways to switch to other silos before it closes their connections.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(1);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (MaxProbe < Probe)
        {
            yield return new("it is shorter than Cluster:Timings:Probe. Make it at least as long.", [nameof(MaxProbe)]);
        }
    }
}
