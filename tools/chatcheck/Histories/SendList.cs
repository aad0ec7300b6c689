namespace OrleansChat.ChatCheck.Histories;

/// <summary>
/// All sends of a run, by number. Adding a send does not move other sends in memory. So a writer may change its own
/// sends while other threads add or read sends.
/// </summary>
internal sealed class SendList
{
    private const int ChunkBits = 14;
    private const int Max = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly Send[][] _chunks = new Send[Max][];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The send with this number, from 0 to <see cref="Count"/> - 1.</summary>
    public ref Send this[int number] => ref _chunks[number >> ChunkBits][number & ((1 << ChunkBits) - 1)];

    /// <summary>Adds a send and returns its number.</summary>
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
