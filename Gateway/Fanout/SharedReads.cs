using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Fanout;

/// <summary>
/// Reads a room's events from the message log. Concurrent calls for the events after the same sequence share one read
/// and the encodings of its events. The shared read has the limit of the first call. Thread-safe.
/// </summary>
/// <param name="read">
/// Reads events. The arguments are the sequence after which to read, and the maximum number of events.
/// </param>
internal sealed class SharedReads(Func<long, int, Task<RoomEvent[]>> read)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Task<IReadOnlyList<EncodedEvent>>> _reads = [];

    /// <summary>Reads the events after a sequence. Returns an empty list if the log has no more events.</summary>
    public Task<IReadOnlyList<EncodedEvent>> ReadAsync(long after, int limit)
    {
        lock (_gate)
        {
            if (!_reads.TryGetValue(after, out var reading))
            {
                _reads[after] = reading = ReadOnceAsync(after, limit);
            }

            return reading;
        }
    }

    private async Task<IReadOnlyList<EncodedEvent>> ReadOnceAsync(long after, int limit)
    {
        await Task.Yield();
        try
        {
            return [.. (await read(after, limit)).Select(happened => new EncodedEvent(happened))];
        }
        finally
        {
            lock (_gate)
            {
                _reads.Remove(after);
            }
        }
    }
}
