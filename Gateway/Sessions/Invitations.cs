using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Decides which notifications bring a session into a room. Before <c>hello</c>, notifications wait: the client must
/// get <c>welcome</c> first, and the cursors in <c>hello</c> have priority. After <c>hello</c>, a notification does not
/// bring the session back into a group that this connection left. Guarded by the session's lock.
/// </summary>
/// <param name="maxRooms">
/// Maximum number of rooms in each of four sets: rooms of waiting notifications, rooms that the connection left, rooms
/// that were reported as left, and groups whose invitation was reported.
/// </param>
internal sealed class Invitations(int maxRooms)
{
    /// <summary>Rooms whose notifications wait, each with the sequence to start after; null for none.</summary>
    private OrderedDictionary<string, long>? _pending;

    /// <summary>True once <c>hello</c> was handled.</summary>
    private bool _begun;

    /// <summary>Rooms that this connection left; null for none.</summary>
    private HashSet<string>? _left;

    /// <summary>
    /// Rooms that were reported as left because the connection had no place for them, and that the session has not
    /// entered since; null for none.
    /// </summary>
    private HashSet<string>? _reported;

    /// <summary>
    /// Groups whose invitation was reported, and that the client has not joined since then; null for none.
    /// </summary>
    private HashSet<string>? _invited;

    /// <summary>
    /// Remembers a notification that arrives before hello. Returns false after hello. If notifications of too many
    /// rooms wait, the oldest room is forgotten.
    /// </summary>
    public bool TryDefer(string room, long after)
    {
        if (_begun)
        {
            return false;
        }

        _pending ??= [];
        if (_pending.Count >= maxRooms && !_pending.ContainsKey(room))
        {
            // Forget the oldest room. After hello, the session would also displace the oldest room.
            _pending.RemoveAt(0);
        }

        _pending[room] = Math.Min(after, _pending.GetValueOrDefault(room, after));
        return true;
    }

    /// <summary>
    /// Returns the rooms whose notifications waited for hello. From now on, <see cref="TryDefer"/> returns false. Each
    /// waiting notification is kept until <see cref="OnEntered"/>, because a later notification of the same room may be
    /// handled first.
    /// </summary>
    public KeyValuePair<string, long>[] Begin()
    {
        _begun = true;
        return [.. _pending ?? []];
    }

    /// <summary>
    /// Called when the session enters a room. If a notification of the room waited, returns the sequence to start
    /// after; otherwise null.
    /// </summary>
    public long? OnEntered(string room)
    {
        _left?.Remove(room);
        _reported?.Remove(room);
        if (_pending?.Remove(room, out var after) != true)
        {
            return null;
        }

        _pending = _pending.Count == 0 ? null : _pending;
        return after;
    }

    /// <summary>
    /// Returns true if the session must report to the client that there is no place for a room. A room is not reported
    /// again before the session has entered it, so a client that does not read gets a bounded number of reports.
    /// </summary>
    public bool TryReport(string room) => (_reported ??= []).Count < maxRooms && _reported.Add(room);

    /// <summary>
    /// Returns true if the session must report to the client that the user is invited to a group. A group is not
    /// reported again before the client has joined it, so a client that does not read gets a bounded number of reports.
    /// </summary>
    public bool TryInvite(string room) => (_invited ??= []).Count < maxRooms && _invited.Add(room);

    /// <summary>Called when the client joins a room. The next invitation to this room is reported again.</summary>
    public void OnJoined(string room) => _invited?.Remove(room);

    /// <summary>
    /// Called when the user has declined the invitation to a room. The next invitation to this room is reported again.
    /// </summary>
    public void OnDeclined(string room)
    {
        _left?.Remove(room);
        _invited?.Remove(room);
    }

    /// <summary>True if this connection left the room.</summary>
    public bool IsDeclined(string room) => _left?.Contains(room) == true;

    /// <summary>
    /// Remembers that the client left a room. A direct conversation is not remembered, so its next event brings the
    /// session back. If the maximum number of rooms is already remembered, these rooms are forgotten first.
    /// </summary>
    public void OnLeft(string room)
    {
        if (RoomKey.IsDirect(room))
        {
            return;
        }

        _left ??= [];
        if (_left.Count >= maxRooms)
        {
            _left.Clear();
        }

        _left.Add(room);
    }
}
