namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Tracks the newest call of each gateway. A gateway waits for one call to a room at a time. So if an older call still
/// runs, the gateway has given up that call and has repeated its commands in a newer call. Executing the older call now
/// could undo later commands.
/// </summary>
internal sealed class LatestCallTracker
{
    /// <summary>
    /// Maximum number of gateways in the dictionary, far more than a cluster has. If this number is reached, the next
    /// newer call first clears the dictionary.
    /// </summary>
    private const int MaxGateways = 1000;

    private readonly Dictionary<string, long> _newest = [];

    public void Observe(string gateway, long number)
    {
        if (number <= _newest.GetValueOrDefault(gateway))
        {
            return;
        }

        if (_newest.Count >= MaxGateways)
        {
            _newest.Clear();
        }

        _newest[gateway] = number;
    }

    /// <summary>Whether a newer call of the gateway was observed.</summary>
    public bool IsStale(string gateway, long number) => number < _newest.GetValueOrDefault(gateway);
}
