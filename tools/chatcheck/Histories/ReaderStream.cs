namespace OrleansChat.ChatCheck.Histories;

/// <summary>The kinds of items that a client receives for a room.</summary>
internal enum ItemKind : byte
{
    /// <summary><c>joined</c>: a connection's delivery starts.</summary>
    Joined,

    /// <summary><c>joined</c> with <c>reset</c>: the client has to discard what it had.</summary>
    Reset,

    /// <summary><c>ev</c>.</summary>
    Event,

    /// <summary><c>gap</c>.</summary>
    Gap,
}

/// <summary>One item that a client received.</summary>
/// <param name="Seq">The sequence after which delivery starts; the event's sequence; the first sequence of the
/// gap.</param>
/// <param name="Value">The number of the connection; the event's send (below 0: no send of this run); the last sequence
/// of the gap.</param>
internal readonly record struct Item(ItemKind Kind, int Seq, int Value)
{
    public static Item Joined(int after, int connection) => new(ItemKind.Joined, after, connection);

    public static Item Event(int seq, int send) => new(ItemKind.Event, seq, send);

    public static Item Gap(int from, int to) => new(ItemKind.Gap, from, to);
}

/// <summary>Everything that a client received of one room, over all its connections, in order.</summary>
/// <param name="From">The cursor at the start.</param>
/// <param name="Settled">Whether the client had the time to reach the head.</param>
internal sealed record ReaderStream(int User, int Room, int From, List<Item> Items, bool Settled)
{
    /// <summary>Whether the client had the time to reach the head.</summary>
    public bool Settled { get; set; } = Settled;
}
