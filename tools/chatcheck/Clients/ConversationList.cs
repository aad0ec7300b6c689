using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// What a user knows about its list of conversations: the rooms that the list must have, the newest state of each room,
/// and the list that all changes together made. The user asks for one list at a time, and calls <see cref="Expect"/>,
/// <see cref="Received"/> and <see cref="Marked"/> before it asks.
/// </summary>
internal sealed class ConversationList(IReadOnlyList<string> rooms)
{
    private readonly Dictionary<int, Known> _known = [];
    private readonly Dictionary<int, CountsSeen> _rows = [];

    /// <summary>The cursor for the next changes; null before the first list.</summary>
    public string? Cursor { get; private set; }

    /// <summary>The list that all changes together made.</summary>
    public IReadOnlyCollection<CountsSeen> Rows => _rows.Values;

    /// <summary>The rooms that the list must have, with the highest read mark that the user sent.</summary>
    public IReadOnlyDictionary<int, int> Rooms => _known.Where(room => room.Value.IsListed == true).ToDictionary(room => room.Key, room => room.Value.Marked);

    /// <param name="isListed">Whether the list must have the room; null if the list may or may not have it.</param>
    public void Expect(int room, bool? isListed) => KnownOf(room).IsListed = isListed;

    public bool? IsListed(int room) => KnownOf(room).IsListed;

    /// <summary>The user has received an event of the room.</summary>
    public void Received(int room, int seq) => KnownOf(room).Seq = Math.Max(KnownOf(room).Seq, seq);

    /// <summary>The user sends a read mark.</summary>
    public void Marked(int room, int read) => KnownOf(room).Marked = Math.Max(KnownOf(room).Marked, read);

    /// <summary>The highest read mark that the user sent; 0 for none.</summary>
    public int MarkOf(int room) => KnownOf(room).Marked;

    /// <summary>Takes a whole list. Returns the fault of the list; null if it has none.</summary>
    public (string Promise, string What)? Take(ListSeen whole)
    {
        if (Cursor is null)
        {
            Replace(whole);
        }

        return Compare(whole.Fault, whole.Rows, "the whole list");
    }

    /// <summary>
    /// Applies the answer to a request with <see cref="Cursor"/>. Returns the fault of the resulting list; null if it
    /// has none.
    /// </summary>
    public (string Promise, string What)? Apply(ListSeen changes)
    {
        if (changes.Reset)
        {
            Replace(changes);
        }
        else
        {
            foreach (var row in changes.Rows)
            {
                _rows[row.Room] = row;
            }

            changes.Removed.ToList().ForEach(room => _rows.Remove(room));
            Cursor = changes.Cursor ?? Cursor;
        }

        return Compare(changes.Fault, [.. _rows.Values], "the list with all changes");
    }

    private void Replace(ListSeen whole)
    {
        _rows.Clear();
        foreach (var row in whole.Rows)
        {
            _rows[row.Room] = row;
        }

        Cursor = whole.Cursor;
    }

    private (string, string)? Compare(string? fault, IReadOnlyList<CountsSeen> rows, string which)
    {
        if (fault is not null)
        {
            return (ListCheck.Form, fault);
        }

        var byRoom = rows.ToDictionary(row => (int)row.Room);
        foreach (var (room, known) in _known.Where(room => !byRoom.ContainsKey(room.Key) && room.Value.IsListed == true))
        {
            return (ListCheck.Rooms, $"asked for {which}: got no row of {rooms[room]}, expected one with seq {known.Seq} or later and read {known.Read} or later");
        }

        (string, string)? found = null;
        foreach (var (room, row) in byRoom)
        {
            var known = KnownOf(room);
            if (known.IsListed == false)
            {
                found ??= (ListCheck.Rooms, $"asked for {which}: got a row of {rooms[room]} with seq {row.Seq} and read {row.Read}, expected none");
            }

            if (row.Seq < known.Seq || row.Read < known.Read || row.Read > known.Marked)
            {
                found ??= (
                    ListCheck.Stale,
                    $"asked for {which}: got {rooms[room]} with seq {row.Seq} and read {row.Read}, expected seq {known.Seq} or later and read from {known.Read} to {known.Marked}");
            }

            (known.Seq, known.Read) = (Math.Max(known.Seq, row.Seq), Math.Max(known.Read, row.Read));
        }

        return found;
    }

    private Known KnownOf(int room)
    {
        if (!_known.TryGetValue(room, out var known))
        {
            _known[room] = known = new();
        }

        return known;
    }

    /// <summary>What the user knows about a room.</summary>
    private sealed class Known
    {
        public bool? IsListed { get; set; }

        /// <summary>The highest sequence that an event or an earlier list had.</summary>
        public int Seq { get; set; }

        /// <summary>The highest read mark that an earlier list had.</summary>
        public int Read { get; set; }

        /// <summary>The highest read mark that the user has sent.</summary>
        public int Marked { get; set; }
    }
}
