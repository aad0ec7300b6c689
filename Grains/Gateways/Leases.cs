using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>The leases of gateways, and when they end.</summary>
/// <remarks>
/// A gateway id is in one of four states:
/// <list type="bullet">
/// <item>Unknown: in no collection. Its first renewal takes a lease.</item>
/// <item>Live: in <see cref="_renewed"/>.</item>
/// <item>Draining: in <see cref="_renewed"/> and <see cref="_draining"/>. It has a lease, but does not count as one of
/// the gateways that remain.</item>
/// <item>Ended: in <see cref="_ended"/>. The lease expired or was released. The id gets no lease again.</item>
/// </list>
/// </remarks>
/// <param name="ended">Called once for each id whose lease ends.</param>
internal sealed class Leases(TimeProvider time, Action<string>? ended = null)
{
    /// <summary>Maximum number of ended ids remembered. If there are more, the oldest one is forgotten.</summary>
    public const int MaxEnded = 100_000;

    private long _began = time.GetTimestamp();
    private readonly Dictionary<string, Renewal> _renewed = [];
    private readonly Dictionary<string, int> _draining = [];
    private readonly HashSet<string> _ended = [];
    private readonly Queue<string> _endedOrder = [];

    /// <summary>
    /// Whether a gateway without a lease is certainly dead. Becomes true one <see cref="Lease.Length"/> after this
    /// object was created or <see cref="OnClockJump"/> was called, because every live gateway has renewed its lease by
    /// then.
    /// </summary>
    public bool IsWarmedUp => time.GetElapsedTime(_began) >= Lease.Length;

    /// <summary>Takes or renews a lease. False for an id whose lease has ended.</summary>
    /// <param name="version">The highest <see cref="LogVersion"/> that the gateway knows.</param>
    public bool Renew(string gateway, int version)
    {
        // - Ended, also if the lease has just expired: refuse.
        // - Unknown, Live, Draining: start the lease again. A draining gateway stays draining.
        EndExpired();
        if (_ended.Contains(gateway))
        {
            return false;
        }

        _renewed[gateway] = new(time.GetTimestamp(), version);
        return true;
    }

    /// <summary>Marks a gateway as draining, with the number of connections that it still has to close.</summary>
    public DrainShare Drain(string gateway, int connections)
    {
        // - Live, Draining: becomes or stays Draining, with the new number.
        // - Unknown, Ended: gets the answer, but its connections do not count.
        EndExpired();
        if (_renewed.ContainsKey(gateway))
        {
            _draining[gateway] = connections;
        }

        return new(_renewed.Count - _draining.Count, _draining.Values.Sum(left => (long)left), IsWarmedUp);
    }

    /// <summary>
    /// Restarts all leases after a pause of this process, because the process could receive no renewals during the
    /// pause. Ended ids stay ended.
    /// </summary>
    public void OnClockJump()
    {
        _began = time.GetTimestamp();
        foreach (var (gateway, renewal) in _renewed)
        {
            _renewed[gateway] = renewal with { At = _began };
        }
    }

    /// <summary>Ends the lease. The id never gets a lease again. False if the lease had ended before.</summary>
    public bool Release(string gateway)
    {
        _renewed.Remove(gateway);
        return End(gateway);
    }

    public string[] Live()
    {
        EndExpired();
        return [.. _renewed.Keys];
    }

    /// <summary>Returns the versions that the gateways with a lease know, including those that are draining.</summary>
    public IReadOnlyDictionary<string, int> Versions()
    {
        EndExpired();
        return _renewed.ToDictionary(one => one.Key, one => one.Value.Version);
    }

    private void EndExpired()
    {
        foreach (var (gateway, renewal) in _renewed)
        {
            if (time.GetElapsedTime(renewal.At) >= Lease.Length)
            {
                _renewed.Remove(gateway);
                End(gateway);
            }
        }
    }

    private bool End(string gateway)
    {
        _draining.Remove(gateway);
        if (!_ended.Add(gateway))
        {
            return false;
        }

        ended?.Invoke(gateway);
        _endedOrder.Enqueue(gateway);
        if (_endedOrder.Count > MaxEnded)
        {
            _ended.Remove(_endedOrder.Dequeue());
        }

        return true;
    }

    /// <summary>The newest renewal of a lease.</summary>
    private readonly record struct Renewal(long At, int Version);
}
