namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The newest call of each gateway. A gateway has one call to a room in flight, so an older one that is still under way was given up, and said
/// again in a newer one: carrying it out now would undo what came after it.
/// </summary>
internal sealed class CallOrder
{
    /// <summary>Gateways remembered; those are far more than live at one time.</summary>
    private const int Most = 1000;

    private readonly Dictionary<string, long> _newest = [];

    /// <summary>A call came.</summary>
    public void Came(string gateway, long number)
    {
        if (number <= _newest.GetValueOrDefault(gateway))
        {
            return;
        }

        if (_newest.Count >= Most)
        {
            _newest.Clear();
        }

        _newest[gateway] = number;
    }

    /// <summary>Whether a newer one of the gateway's came.</summary>
    public bool IsOvertaken(string gateway, long number) => number < _newest.GetValueOrDefault(gateway);
}
