using OrleansChat.Gateway.Sessions;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The subscriptions of a feed, in the order in which they came. Coming, going, and whether a user has another one cost the same however
/// many there are: a whole room may leave at once. Guarded by the feed's lock.
/// </summary>
internal sealed class SubscriptionList
{
    private readonly LinkedList<Subscription> _inOrder = new();
    private readonly Dictionary<Subscription, LinkedListNode<Subscription>> _places = [];
    private readonly Dictionary<string, int> _ofUser = [];

    /// <summary>How many there are.</summary>
    public int Count => _places.Count;

    /// <summary>Adds one that is not in yet.</summary>
    public void Add(Subscription subscription)
    {
        _places.Add(subscription, _inOrder.AddLast(subscription));
        _ofUser[subscription.Session.User] = _ofUser.GetValueOrDefault(subscription.Session.User) + 1;
    }

    /// <summary>Takes one out. False where it was not in.</summary>
    public bool Remove(Subscription subscription)
    {
        if (!_places.Remove(subscription, out var place))
        {
            return false;
        }

        _inOrder.Remove(place);
        var user = subscription.Session.User;
        if (--_ofUser[user] == 0)
        {
            _ofUser.Remove(user);
        }

        return true;
    }

    /// <summary>True where the user has one.</summary>
    public bool Has(string user) => _ofUser.ContainsKey(user);

    /// <summary>In the order in which they came.</summary>
    public LinkedList<Subscription>.Enumerator GetEnumerator() => _inOrder.GetEnumerator();
}
