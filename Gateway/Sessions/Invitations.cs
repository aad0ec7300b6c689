using System.Collections.ObjectModel;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Decides which notifications bring a session into a room. Before <c>hello</c>, notifications wait, because the client
/// gets <c>welcome</c> first, and a cursor in <c>hello</c> has priority. After <c>hello</c>, they wait while the client
/// does not read its answers, and a notification does not bring the session back into a group that this connection left.
/// Guarded by the session's lock.
/// </summary>
/// <param name="maxRooms">
/// Maximum number of rooms to remember: those of waiting notifications, and as many that the connection left.
/// </param>
internal sealed class Invitations(int maxRooms)
{
    /// <summary>Rooms whose notifications wait, each with the sequence to start after; null for none.</summary>
    private OrderedDictionary<string, long>? _pending;

    /// <summary>True once <c>hello</c> was handled.</summary>
    private bool _begun;

    /// <summary>Rooms that this connection left; null for none.</summary>
    private HashSet<string>? _left;

    /// <summary>True if a notification waits that may be handled now.</summary>
    public bool HasPending => _begun && _pending is not null;

    /// <summary>
    /// Remembers a notification if it has to wait: before hello, or if the client does not read its answers. If there
    /// are too many, the oldest one is forgotten.
    /// </summary>
    public bool TryDefer(string room, long after, bool isReading)
    {
        if (_begun && isReading)
        {
            return false;
        }

        _pending ??= [];
        if (_pending.Count >= maxRooms && !_pending.ContainsKey(room))
        {
            // The oldest room gives way, as it would after hello.
            _pending.RemoveAt(0);
        }

        _pending[room] = Math.Min(after, _pending.GetValueOrDefault(room, after));
        return true;
    }

    /// <summary>Returns the rooms whose notifications waited. From now on, hello counts as handled.</summary>
    public IReadOnlyDictionary<string, long> TakePending()
    {
        _begun = true;
        IReadOnlyDictionary<string, long>? pending = _pending;
        _pending = null;
        return pending ?? ReadOnlyDictionary<string, long>.Empty;
    }

    /// <summary>True if this connection left the room.</summary>
    public bool IsDeclined(string room) => _left?.Contains(room) == true;

    public void OnEntered(string room) => _left?.Remove(room);

    /// <summary>
    /// The client left a room. A direct conversation is not remembered: its next event brings the session back.
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
