using OrleansChat.Gateway.Sessions;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// The subscriptions of a feed, in the order in which they were added. All methods take constant time, because all
/// users of a room may leave at the same time. Guarded by the feed's lock.
/// </summary>
internal sealed class SubscriptionList
{
    private readonly LinkedList<Subscription> _inOrder = new();
    private readonly Dictionary<Subscription, LinkedListNode<Subscription>> _places = [];
    private readonly Dictionary<string, int> _ofUser = [];

    public int Count => _places.Count;

    /// <summary>Adds a subscription, which must not be in the list.</summary>
    public void Add(Subscription subscription)
    {
        _places.Add(subscription, _inOrder.AddLast(subscription));
        _ofUser[subscription.Session.User] = _ofUser.GetValueOrDefault(subscription.Session.User) + 1;
    }

    /// <summary>Removes a subscription. Returns false if it is not in the list.</summary>
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

    public bool Has(string user) => _ofUser.ContainsKey(user);

    /// <summary>Enumerates in the order in which subscriptions were added.</summary>
    public LinkedList<Subscription>.Enumerator GetEnumerator() => _inOrder.GetEnumerator();
}
