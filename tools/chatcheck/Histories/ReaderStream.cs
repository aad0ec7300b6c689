namespace OrleansChat.ChatCheck.Histories;

/// <summary>What came.</summary>
internal enum ItemKind : byte
{
    /// <summary><c>joined</c>: a connection's delivery starts.</summary>
    Joined,

    /// <summary><c>joined</c> with <c>reset</c>: what was there before is gone.</summary>
    Reset,

    /// <summary><c>ev</c>.</summary>
    Event,

    /// <summary><c>gap</c>.</summary>
    Gap,
}

/// <summary>One thing that came to a reader.</summary>
/// <param name="Seq">Where delivery starts after; the event's sequence; the gap's first.</param>
/// <param name="Value">The connection, by number; the send that the event is (below 0: of nobody's); the gap's last.</param>
internal readonly record struct Item(ItemKind Kind, int Seq, int Value)
{
    public static Item Joined(int after, int connection) => new(ItemKind.Joined, after, connection);

    public static Item Event(int seq, int send) => new(ItemKind.Event, seq, send);

    public static Item Gap(int from, int to) => new(ItemKind.Gap, from, to);
}

/// <summary>All that came to a reader of one room, over all its connections, in order.</summary>
/// <param name="User">The reader, by number.</param>
/// <param name="Room">The room, by number.</param>
/// <param name="From">The cursor it began with.</param>
/// <param name="Items">What came.</param>
/// <param name="Settled">Whether it had its time to reach the head.</param>
internal sealed record ReaderStream(int User, int Room, int From, List<Item> Items, bool Settled)
{
    /// <summary>Whether it had its time to reach the head.</summary>
    public bool Settled { get; set; } = Settled;
}
