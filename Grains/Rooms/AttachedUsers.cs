namespace OrleansChat.Grains.Rooms;

/// <summary>The users attached to a room, by gateway. A user on two gateways counts once.</summary>
internal sealed class AttachedUsers
{
    private readonly Dictionary<string, HashSet<string>> _byGateway = [];
    private readonly Dictionary<string, int> _gatewaysOf = [];

    /// <summary>Number of distinct users.</summary>
    public int Count => _gatewaysOf.Count;

    public IReadOnlyCollection<string> Gateways => _byGateway.Keys;

    public IReadOnlyCollection<string> Users => _gatewaysOf.Keys;

    public bool Contains(string user) => _gatewaysOf.ContainsKey(user);

    public bool HasGateway(string gateway) => _byGateway.ContainsKey(gateway);

    public IReadOnlyCollection<string> On(string gateway) => _byGateway.TryGetValue(gateway, out var users) ? users : [];

    /// <summary>Adds a user of a gateway. Returns true if the user was on no gateway before.</summary>
    public bool Add(string gateway, string user)
    {
        if (!_byGateway.TryGetValue(gateway, out var users))
        {
            _byGateway[gateway] = users = [];
        }

        if (!users.Add(user))
        {
            return false;
        }

        var before = _gatewaysOf.GetValueOrDefault(user);
        _gatewaysOf[user] = before + 1;
        return before == 0;
    }

    /// <summary>
    /// Removes a user of a gateway. Returns true if the user was on this gateway and is now on no gateway.
    /// </summary>
    public bool Remove(string gateway, string user)
    {
        if (!_byGateway.TryGetValue(gateway, out var users) || !users.Remove(user))
        {
            return false;
        }

        if (users.Count == 0)
        {
            _byGateway.Remove(gateway);
        }

        if (--_gatewaysOf[user] > 0)
        {
            return false;
        }

        _gatewaysOf.Remove(user);
        return true;
    }
}
