namespace OrleansChat.ChatCheck.Histories;

/// <summary>All sends of a run, by number. They do not move when more come, so a writer may fill in its own while others read theirs.</summary>
internal sealed class SendList
{
    private const int ChunkBits = 14;
    private const int Most = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly Send[][] _chunks = new Send[Most][];
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The send of a number.</summary>
    public ref Send this[int number] => ref _chunks[number >> ChunkBits][number & ((1 << ChunkBits) - 1)];

    /// <summary>Adds one and returns its number.</summary>
    public int Add(Send send)
    {
        lock (_lock)
        {
            _chunks[_count >> ChunkBits] ??= new Send[1 << ChunkBits];
            this[_count] = send;
            return _count++;
        }
    }
}
