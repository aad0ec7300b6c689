using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Sessions;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>The subscriptions of a feed, and the order in which the feed serves them.</summary>
public sealed class SubscriptionListTests : IDisposable
{
    private readonly SessionRig _rig = new();
    private readonly SubscriptionList _list = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task List_WhenSubscriptionsAreRemoved_KeepsTheOrderOfTheRest()
    {
        var all = new List<Subscription>();
        for (var i = 0; i < 6; i++)
        {
            all.Add(await SubscriptionAsync($"user-{i}"));
            _list.Add(all[i]);
        }

        Assert.True(_list.Remove(all[0]));
        Assert.True(_list.Remove(all[3]));
        Assert.False(_list.Remove(all[3]));
        _list.Add(all[0]);

        Assert.Equal([all[1], all[2], all[4], all[5], all[0]], InOrder());
        Assert.Equal(5, _list.Count);
    }

    [Fact]
    public async Task Has_WhenTheLastSubscriptionIsRemoved_ReturnsFalse()
    {
        var (phone, laptop) = (await SubscriptionAsync("ann"), await SubscriptionAsync("ann"));
        _list.Add(phone);
        _list.Add(laptop);

        _list.Remove(phone);
        Assert.True(_list.Has("ann"));

        _list.Remove(laptop);
        Assert.False(_list.Has("ann"));
    }

    private List<Subscription> InOrder()
    {
        List<Subscription> order = [];
        foreach (var subscription in _list)
        {
            order.Add(subscription);
        }

        return order;
    }

    private async Task<Subscription> SubscriptionAsync(string user) =>
        new(await _rig.SessionAsync(user), "lobby", new(JsonFormat.Instance, "lobby", user));
}
