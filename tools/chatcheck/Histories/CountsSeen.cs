namespace OrleansChat.ChatCheck.Histories;

/// <summary>The frame in which a client received counts.</summary>
internal enum CountsSource : byte
{
    /// <summary><c>joined</c>.</summary>
    Joined,

    /// <summary>A whole list of conversations.</summary>
    List,

    /// <summary>A list of conversations that changed since a cursor.</summary>
    Changes,
}

/// <summary>What a user had not read in a room, as one frame said. The server read all of it from one state of the log.</summary>
/// <param name="User">The number of the user; a short number, because a run records millions of these.</param>
/// <param name="Room">The number of the room.</param>
/// <param name="Seq">The room's head.</param>
/// <param name="Read">The user's read mark.</param>
internal readonly record struct CountsSeen(ushort User, ushort Room, int Seq, int Read, int Unread, int Mentions, bool HasMore, CountsSource Source)
{
    /// <summary>The value of <see cref="LastFrom"/> if the frame has no newest event.</summary>
    public const short NoLast = -2;

    /// <summary>
    /// The number of the user who sent the newest event of the room; -1 for a user that does not belong to this run.
    /// </summary>
    public short LastFrom { get; init; } = NoLast;

    public SendKind LastKind { get; init; }

    /// <summary>The counts without the frame in which they were, to compare two lists.</summary>
    public CountsSeen Anywhere => this with { Source = CountsSource.List };
}

/// <summary>
/// Counts in the order in which they arrived. The list keeps up to <see cref="Max"/> of them, which is more than an
/// hour of load makes, and drops the others. Any number of threads may add to it.
/// </summary>
internal sealed class CountsList
{
    public const int Max = 16 * 1024 * 1024;
    private const int ChunkBits = 16;

    private readonly Lock _lock = new();
    private readonly List<CountsSeen[]> _chunks = [];

    /// <summary>The number of counts that the list keeps.</summary>
    public int Count { get; private set; }

    /// <summary>The number of counts that the list has dropped.</summary>
    public int Dropped { get; private set; }

    public void Add(CountsSeen seen)
    {
        lock (_lock)
        {
            if (Count == Max)
            {
                Dropped++;
                return;
            }

            if (Count >> ChunkBits == _chunks.Count)
            {
                _chunks.Add(new CountsSeen[1 << ChunkBits]);
            }

            _chunks[Count >> ChunkBits][Count & ((1 << ChunkBits) - 1)] = seen;
            Count++;
        }
    }

    /// <summary>Returns everything that the list keeps. Call this method only when no thread adds to it.</summary>
    public IEnumerable<CountsSeen> All() => _chunks.SelectMany(chunk => chunk).Take(Count);
}
