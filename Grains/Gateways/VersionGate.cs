using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>The progress of the cluster towards the use of <see cref="VersionGate.Version"/>.</summary>
internal enum VersionGateState
{
    /// <summary>
    /// The log's version is not known: it was not read yet, or the call that raises it failed with an unknown outcome.
    /// </summary>
    Unread,

    /// <summary>
    /// The log does not allow the version yet. The gate waits until every process has known the version for one
    /// <see cref="Lease.Length"/>.
    /// </summary>
    Waiting,

    /// <summary>Every process knows the version, and the call that raises the log's version is in flight.</summary>
    Raising,

    /// <summary>The log allows the version. This state is final, as the log's version never falls.</summary>
    Open,
}

/// <summary>
/// Decides when the cluster may use <see cref="Version"/>: when every silo and every gateway has known the version for
/// one <see cref="Lease.Length"/> without interruption. A gateway of the previous version may be cut off from the
/// registry. Within this time, it either reaches the registry and renews its lease, or loses the lease.
/// </summary>
internal sealed class VersionGate(TimeProvider time)
{
    /// <summary>The version that the gate waits for.</summary>
    public const int Version = LogVersion.Known;

    /// <summary>
    /// The timestamp since which every process has known the version; null if any process does not know it.
    /// </summary>
    private long? _since;

    public VersionGateState State { get; private set; } = VersionGateState.Unread;

    /// <summary>The processes that did not know the version at the last check, silos first.</summary>
    public IReadOnlyList<string> Behind { get; private set; } = [];

    /// <summary>
    /// Whether a gateway that knows versions up to <paramref name="version"/> may have a lease. It gets no lease if the
    /// log may have events that the gateway does not know.
    /// </summary>
    public bool Admits(int version)
    {
        // - Unread: yes, because the log's version is not known.
        // - Waiting: yes, because the log has no such events.
        // - Raising, Open: only if the gateway knows the version. When the call begins, every gateway with a lease
        //   knows the version.
        return version >= Version || State is VersionGateState.Unread or VersionGateState.Waiting;
    }

    /// <summary>Records the version that was read from the log.</summary>
    public void OnRead(int version)
    {
        // - Unread: the version decides between Waiting and Open.
        // - Waiting, Raising, Open: ignored, because the version was already read.
        if (State is VersionGateState.Unread)
        {
            State = version >= Version ? VersionGateState.Open : VersionGateState.Waiting;
        }
    }

    /// <summary>
    /// Compares the versions that the processes know. True if the caller must raise the log's version now. The caller
    /// then calls <see cref="OnRaised"/> or <see cref="OnFailed"/>.
    /// </summary>
    public bool Check(ProcessVersions processes)
    {
        // - Waiting: measure how long every process has known the version. If one does not know it, or if the list is
        //   incomplete, the time starts again.
        // - Unread, Raising, Open: nothing to decide.
        if (State is not VersionGateState.Waiting)
        {
            return false;
        }

        if (!processes.IsComplete || processes.Silos.Count == 0)
        {
            _since = null;
            return false;
        }

        Behind = [.. Older(processes.Silos), .. Older(processes.Gateways)];
        if (Behind.Count > 0)
        {
            _since = null;
            return false;
        }

        _since ??= time.GetTimestamp();
        if (time.GetElapsedTime(_since.Value) < Lease.Length)
        {
            return false;
        }

        State = VersionGateState.Raising;
        return true;
    }

    public void OnRaised() => State = VersionGateState.Open;

    /// <summary>
    /// Records that a call to the log failed. The next step then reads the log's version, unless the state is Open.
    /// </summary>
    public void OnFailed()
    {
        // - Unread: no change.
        // - Raising: the outcome is unknown. The measured time is kept, so that the next attempt can follow the read at
        //   once.
        // - Waiting, Open: no call is in flight.
        if (State is VersionGateState.Raising)
        {
            State = VersionGateState.Unread;
        }
    }

    private static IEnumerable<string> Older(IReadOnlyDictionary<string, int> processes) =>
        processes.Where(process => process.Value < Version).Select(process => process.Key).Order(StringComparer.Ordinal);
}

/// <summary>
/// The highest <see cref="LogVersion"/> that each process of the cluster knows. The keys are the addresses of silos and
/// the ids of gateways.
/// </summary>
/// <param name="Gateways">The gateways that have a lease, including those that are draining.</param>
/// <param name="IsComplete">
/// False if the registry is not warmed up. Then gateways that are not listed may be alive.
/// </param>
internal sealed record ProcessVersions(IReadOnlyDictionary<string, int> Silos, IReadOnlyDictionary<string, int> Gateways, bool IsComplete);
