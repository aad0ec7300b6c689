namespace OrleansChat.ProcessHosting;

/// <summary>
/// How fast silos and gateways detect that another process is gone. A silo that was killed is declared dead after about
/// one second, and its rooms are available again after one to two seconds. The disadvantage: a silo that is paused for
/// more than three seconds may be declared dead although it is alive. Then the silo has to restart. No data becomes
/// wrong, because the message log rejects appends of a silo that no longer owns the room.
/// </summary>
public static class ClusterTimings
{
    /// <summary>
    /// Initial timeout of the probes by which silos check each other. Orleans then adapts the timeout to the measured
    /// response times. It is at least half of this value, and at most <see cref="MaxProbe"/>.
    /// </summary>
    public static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Maximum timeout of a probe. A silo does not suspect another silo from which it received any message in the last
    /// 9 s (three times this value).
    /// </summary>
    public static readonly TimeSpan MaxProbe = TimeSpan.FromSeconds(3);

    /// <summary>How often a silo reads the membership table if no other silo reports a change.</summary>
    public static readonly TimeSpan TableRefresh = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How often a silo writes to the membership table that it is alive. After three missing writes, the silo's entry
    /// is stale.
    /// </summary>
    public static readonly TimeSpan IAmAlive = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a silo or gateway waits for the answer to a call. A call to a silo that dies, or through such a silo,
    /// waits for the whole time.
    /// </summary>
    public static readonly TimeSpan Response = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a silo keeps messages for a gateway after it has lost the connection to this gateway. After this time,
    /// the silo drops the messages.
    /// </summary>
    public static readonly TimeSpan ClientDrop = TimeSpan.FromSeconds(10);

    /// <summary>How often a gateway reads the list of silos.</summary>
    public static readonly TimeSpan SiloListRefresh = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a stopping silo waits before it closes the connections of gateways. In this time, the gateways switch
    /// to other silos.
    /// </summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);
}
