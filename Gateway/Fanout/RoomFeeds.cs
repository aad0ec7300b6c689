using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>The feeds of this gateway: one for each room that has a subscription on this gateway.</summary>
internal sealed class RoomFeeds(IGrainFactory grains, IOptions<FanoutOptions> options, FanoutInstruments instruments, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RoomFeed> _feeds = [];

    /// <summary>The keys of the rooms with a feed.</summary>
    public string[] Rooms
    {
        get
        {
            lock (_gate)
            {
                return [.. _feeds.Keys];
            }
        }
    }

    /// <summary>Returns the feed of a room, or null if the room has no subscription on this gateway.</summary>
    public RoomFeed? Find(string room)
    {
        lock (_gate)
        {
            return _feeds.GetValueOrDefault(room);
        }
    }

    /// <summary>
    /// Adds a subscription to the feed of its room. The first subscription to a room creates the feed.
    /// </summary>
    /// <param name="ended">
    /// Called with the subscriptions that ended because a user's membership ended. Runs under the feed's lock, so it
    /// must not call the feed.
    /// </param>
    public RoomFeed Add(Subscription subscription, Action<IReadOnlyList<Subscription>> ended)
    {
        lock (_gate)
        {
            if (!_feeds.TryGetValue(subscription.Room, out var feed))
            {
                var room = subscription.Room;
                var history = grains.GetGrain<IHistoryGrain>(0);
                feed = new((after, limit) => history.ReadAsync(room, after, limit), ended, options.Value, instruments, time);
                _feeds.Add(room, feed);
            }

            feed.Add(subscription);
            return feed;
        }
    }

    /// <summary>
    /// Removes a subscription from the feed of its room. Removing the last subscription to a room removes the feed.
    /// </summary>
    /// <param name="last">True if the user has no other subscription to the room on this gateway.</param>
    /// <returns>False if the subscription was not in a feed.</returns>
    public bool Remove(Subscription subscription, out bool last)
    {
        lock (_gate)
        {
            last = false;
            if (!_feeds.TryGetValue(subscription.Room, out var feed) || !feed.Remove(subscription, out last, out var empty))
            {
                return false;
            }

            if (empty)
            {
                _feeds.Remove(subscription.Room);
            }

            return true;
        }
    }
}
