using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Users;

/// <summary>
/// What was rung for a user of late, by room. A bell that falls into a silent inbox, or rings while nobody knows where the user is, is
/// heard when a gateway tells who is there.
/// </summary>
internal sealed class RecentRings(TimeProvider time)
{
    /// <summary>How long a ring is kept at least; twice that at the most.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    private const int MostRooms = 256;
    private readonly Dictionary<string, Ring> _rings = [];

    /// <summary>Notes events <paramref name="from"/> to <paramref name="to"/> of a room.</summary>
    public void Add(string room, long from, long to)
    {
        var now = time.GetTimestamp();
        if (!_rings.TryGetValue(room, out var ring))
        {
            if (_rings.Count >= MostRooms)
            {
                _rings.Remove(_rings.MinBy(one => one.Value.Since).Key);
            }

            ring = new(from, from, to, now);
        }
        else if (time.GetElapsedTime(ring.Since, now) >= Kept)
        {
            // What was noted before this stretch of time and the one before it is forgotten.
            ring = new(time.GetElapsedTime(ring.Since, now) >= 2 * Kept ? from : ring.From, from, to, now);
        }

        _rings[room] = ring with { To = Math.Max(ring.To, to) };
    }

    /// <summary>The rings of late, one a room.</summary>
    public UserRing[] Of(string user)
    {
        foreach (var (room, ring) in _rings)
        {
            if (time.GetElapsedTime(ring.Since) >= 2 * Kept)
            {
                _rings.Remove(room);
            }
        }

        return [.. _rings.Select(one => new UserRing(user, one.Key, one.Value.Earlier, one.Value.To))];
    }

    /// <param name="Earlier">The first event of the stretch of time before this one.</param>
    /// <param name="From">The first event of this stretch.</param>
    /// <param name="Since">When this stretch began.</param>
    private readonly record struct Ring(long Earlier, long From, long To, long Since);
}
