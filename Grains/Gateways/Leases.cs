using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>Who lives, by the clock. An id whose lease ended, by time or by its owner, is never granted again.</summary>
internal sealed class Leases(TimeProvider time)
{
    /// <summary>Ended ids kept in mind: thousands of gateway starts before the first is forgotten.</summary>
    public const int MostEnded = 100_000;

    private long _began = time.GetTimestamp();
    private readonly Dictionary<string, long> _renewed = [];
    private readonly Dictionary<string, int> _draining = [];
    private readonly HashSet<string> _ended = [];
    private readonly Queue<string> _endedOrder = [];

    /// <summary>
    /// Whether a gateway that is not live here can be believed dead: every living one had a lease's time to renew since these began.
    /// </summary>
    public bool Settled => time.GetElapsedTime(_began) >= Lease.Length;

    /// <summary>False for an id whose lease ended.</summary>
    public bool Renew(string gateway)
    {
        EndExpired();
        if (_ended.Contains(gateway))
        {
            return false;
        }

        _renewed[gateway] = time.GetTimestamp();
        return true;
    }

    /// <summary>It goes, and has so many connections left to send away. One without a lease learns its share and is not counted.</summary>
    public DrainShare Drain(string gateway, int connections)
    {
        EndExpired();
        if (_renewed.ContainsKey(gateway))
        {
            _draining[gateway] = connections;
        }

        return new(_renewed.Count - _draining.Count, _draining.Values.Sum(left => (long)left), Settled);
    }

    /// <summary>
    /// The process of these leases was stopped for a while and goes on: it has heard no renewal meanwhile, and ends no lease for that. Like
    /// leases that have just begun, but for those that ended before.
    /// </summary>
    public void Slept()
    {
        _began = time.GetTimestamp();
        foreach (var gateway in _renewed.Keys)
        {
            _renewed[gateway] = _began;
        }
    }

    public void Release(string gateway)
    {
        _renewed.Remove(gateway);
        End(gateway);
    }

    public string[] Live()
    {
        EndExpired();
        return [.. _renewed.Keys];
    }

    private void EndExpired()
    {
        foreach (var (gateway, renewed) in _renewed)
        {
            if (time.GetElapsedTime(renewed) >= Lease.Length)
            {
                _renewed.Remove(gateway);
                End(gateway);
            }
        }
    }

    private void End(string gateway)
    {
        _draining.Remove(gateway);
        if (_ended.Add(gateway))
        {
            _endedOrder.Enqueue(gateway);
            if (_endedOrder.Count > MostEnded)
            {
                _ended.Remove(_endedOrder.Dequeue());
            }
        }
    }
}
