using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Fanout;

/// <summary>Presence updates. They are numbered, so a missed update is detected when the next one arrives.</summary>
internal sealed partial class Feed
{
    private PresenceVersion _presenceVersion;

    /// <summary>The last presence update that was delivered; default for none.</summary>
    public PresenceVersion PresenceVersion
    {
        get
        {
            lock (_gate)
            {
                return _presenceVersion;
            }
        }
    }

    /// <summary>Delivers a presence update to the subscriptions, each one once and in order.</summary>
    /// <returns>
    /// False if an update before it was missed. It is not delivered then; the caller asks the room for the missed ones.
    /// </returns>
    public bool TryDeliverPresence(RoomPresence update)
    {
        lock (_gate)
        {
            // Older or the same, of this activation or an earlier one - ignore it.
            // The next one, or the first one at all - deliver it.
            // A later one, or of a newer activation - an update was missed.
            var (mark, known) = (update.Version, _presenceVersion);
            if (mark.Activation < known.Activation || (mark.Activation == known.Activation && mark.Number <= known.Number))
            {
                return true;
            }

            if (known != default && mark != known with { Number = known.Number + 1 })
            {
                return false;
            }

            DeliverPresence(update);
            return true;
        }
    }

    /// <summary>Delivers missed presence updates, which the room sent in reply.</summary>
    public void DeliverMissedPresence(RoomPresence[] updates)
    {
        lock (_gate)
        {
            foreach (var update in updates)
            {
                if (update.Version.Activation > _presenceVersion.Activation || (update.Version.Activation == _presenceVersion.Activation && update.Version.Number > _presenceVersion.Number))
                {
                    DeliverPresence(update);
                }
            }
        }
    }

    /// <summary>Delivers a presence update. Requires the lock.</summary>
    private void DeliverPresence(RoomPresence update)
    {
        _presenceVersion = update.Version;
        foreach (var user in update.Went)
        {
            Offer(of => new Presence(of, user, false, update.Count));
        }

        foreach (var user in update.Came)
        {
            Offer(of => new Presence(of, user, true, update.Count));
        }

        if (update is { Came.Length: 0, Went.Length: 0 })
        {
            Offer(of => new Presence(of, null, null, update.Count));
        }
    }
}
