using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// Delivers the presence updates of one room. Updates are numbered, so the feed detects a missed update when the next
/// update arrives.
/// </summary>
/// <param name="offer">Offers state to the room's subscriptions, in the order of the calls.</param>
internal sealed class PresenceFeed(Action<Func<string, ServerFrame>> offer)
{
    private readonly Lock _gate = new();
    private PresenceVersion _version;

    /// <summary>
    /// The version of the last presence update that was delivered. Before the first delivery, the version that
    /// <see cref="StartAfter"/> set; default if no version was set.
    /// </summary>
    public PresenceVersion Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

    /// <summary>Sets the version after which updates are delivered. Does nothing if a version is already set.</summary>
    public void StartAfter(PresenceVersion version)
    {
        lock (_gate)
        {
            _version = _version == default ? version : _version;
        }
    }

    /// <summary>
    /// Delivers a presence update to the subscriptions. Each update is delivered once, in the order of the versions.
    /// </summary>
    /// <returns>
    /// False if an earlier update was missed. In that case this update is not delivered, and the caller must request
    /// the updates after <see cref="Version"/> from the room.
    /// </returns>
    public bool TryDeliver(RoomPresence update)
    {
        lock (_gate)
        {
            // Not newer than the last delivered update - ignore it.
            // The next update, or the very first - deliver it.
            // A later update, or an update of a newer activation - an earlier update was missed.
            if (!IsNewer(update.Version))
            {
                return true;
            }

            if (_version != default && update.Version != _version with { Number = _version.Number + 1 })
            {
                return false;
            }

            Deliver(update);
            return true;
        }
    }

    /// <summary>Delivers the missed presence updates that the room returned.</summary>
    public void DeliverMissed(RoomPresence[] updates)
    {
        lock (_gate)
        {
            foreach (var update in updates)
            {
                if (IsNewer(update.Version))
                {
                    Deliver(update);
                }
            }
        }
    }

    private bool IsNewer(PresenceVersion version) =>
        version.Activation > _version.Activation || (version.Activation == _version.Activation && version.Number > _version.Number);

    private void Deliver(RoomPresence update)
    {
        _version = update.Version;
        foreach (var frame in FrameMapping.Presence(update))
        {
            offer(frame);
        }
    }
}
