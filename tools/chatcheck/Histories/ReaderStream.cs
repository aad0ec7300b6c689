namespace OrleansChat.ChatCheck.Histories;

/// <summary>The kinds of items that a client receives for a room.</summary>
internal enum ItemKind : byte
{
    /// <summary><c>joined</c>: the connection is in the room, and its deliveries start.</summary>
    Joined,

    /// <summary><c>joined</c> with <c>reset</c>: the client has to discard the events that it has.</summary>
    Reset,

    /// <summary><c>ev</c>.</summary>
    Event,

    /// <summary><c>gap</c>.</summary>
    Gap,
}

/// <summary>One item that a client received.</summary>
/// <param name="Seq">For a <c>joined</c>, the sequence after which delivery starts; for an event, its sequence; for a
/// gap, its first sequence.</param>
/// <param name="Value">For a <c>joined</c>, the number of the connection; for an event, the number of its send, below 0
/// if it is not a send of this run; for a gap, its last sequence.</param>
internal readonly record struct Item(ItemKind Kind, int Seq, int Value)
{
    public static Item Joined(int after, int connection) => new(ItemKind.Joined, after, connection);

    public static Item Event(int seq, int send) => new(ItemKind.Event, seq, send);

    public static Item Gap(int from, int to) => new(ItemKind.Gap, from, to);
}

/// <summary>Everything that a client received in one room, over all its connections, in order.</summary>
/// <param name="From">The cursor with which the client started.</param>
/// <param name="Settled">Whether the client had enough time to reach the head.</param>
internal sealed record ReaderStream(int User, int Room, int From, List<Item> Items, bool Settled)
{
    /// <summary>Whether the client had enough time to reach the head.</summary>
    public bool Settled { get; set; } = Settled;
}
