using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>The states of the cluster on its way to <see cref="VersionGate.Version"/>.</summary>
internal enum VersionGateState
{
    /// <summary>
    /// The log's version is not known: it was not read yet, or a call to raise it failed and may still have taken
    /// effect.
    /// </summary>
    Unread,

    /// <summary>The log does not allow the version yet. The gate waits for processes that do not know it.</summary>
    Waiting,

    /// <summary>Every process knows the version, and the call that raises the log's version is in flight.</summary>
    Raising,

    /// <summary>The log allows the version. This state is final, as the log's version never falls.</summary>
    Open,
}

/// <summary>
/// Decides when the cluster may use <see cref="Version"/>: as soon as every silo and every gateway has known it for one
/// <see cref="Lease.Length"/>, without a break. In that time, a gateway of the previous version that was cut off either
/// renews its lease or loses it.
/// </summary>
internal sealed class VersionGate(TimeProvider time)
{
    /// <summary>The version that the gate waits for.</summary>
    public const int Version = LogVersion.Known;

    /// <summary>Since when every process has known the version; null if a process does not know it.</summary>
    private long? _since;

    public VersionGateState State { get; private set; } = VersionGateState.Unread;

    /// <summary>The processes that did not know the version at the last check, silos first.</summary>
    public IReadOnlyList<string> Behind { get; private set; } = [];

    /// <summary>
    /// Whether a gateway that knows versions up to <paramref name="version"/> may have a lease. It may not if the log
    /// may contain events that the gateway does not know.
    /// </summary>
    public bool Admits(int version)
    {
        // - Unread, Waiting: the log has no such event, or nothing is known about it.
        // - Raising, Open: the log may have such events. No gateway with a lease is behind while the call is in flight.
        return version >= Version || State is VersionGateState.Unread or VersionGateState.Waiting;
    }

    /// <summary>Called when the log's version was read.</summary>
    public void OnRead(int version)
    {
        // - Unread: the answer decides.
        // - Waiting, Raising, Open: the answer is late. Ignore it, because later steps know more.
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
        // - Waiting: counts the time. An incomplete list starts the time anew.
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

    /// <summary>Called when the log's version was raised.</summary>
    public void OnRaised() => State = VersionGateState.Open;

    /// <summary>Called when a call to the log failed. The next step reads the log's version.</summary>
    public void OnFailed()
    {
        // - Unread: stays.
        // - Raising: the outcome is unknown. The time is kept, so the next attempt follows right after the read.
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
/// The highest <see cref="LogVersion"/> that each process of the cluster knows, by the process's name.
/// </summary>
/// <param name="Gateways">The gateways that have a lease, including those that are draining.</param>
/// <param name="IsComplete">False if the registry is not warmed up, so that other gateways may be alive.</param>
internal sealed record ProcessVersions(IReadOnlyDictionary<string, int> Silos, IReadOnlyDictionary<string, int> Gateways, bool IsComplete);
