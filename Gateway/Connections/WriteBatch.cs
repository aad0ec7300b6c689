using System.Buffers;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// The batch that a connection writes next. JSON objects and lines of text are joined by newlines into text frames.
/// Items that are already frames are not changed.
/// </summary>
internal sealed class WriteBatch
{
    /// <summary>
    /// Frames of at least this many bytes are written directly instead of being copied into the batch.
    /// </summary>
    private const int LargeBytes = 2048;

    /// <summary>
    /// A JSON object or a line of text with at least this many bytes gets a separate frame, so that it need not be
    /// copied.
    /// </summary>
    private const int LargeObjectBytes = 32 * 1024;

    private readonly List<ReadOnlyMemory<byte>> _lines = [];
    private ArrayBufferWriter<byte> _joined = new(4096);

    /// <summary>The small frames of the batch, one after the other.</summary>
    public ReadOnlyMemory<byte> Joined => _joined.WrittenMemory;

    /// <summary>
    /// The bytes of the large item that follows <see cref="Joined"/>; empty if there is none. The item is a whole
    /// frame, or an object whose frame header is at the end of <see cref="Joined"/>.
    /// </summary>
    public ReadOnlyMemory<byte> Large { get; private set; }

    /// <summary>True if the batch ends with a close frame. Nothing may be written after it.</summary>
    public bool IsClose { get; private set; }

    /// <summary>
    /// Takes waiting items from the queue, in order: up to <paramref name="most"/> bytes, and none after a large item
    /// or a close frame. The first item is taken whatever its size. Returns false if the queue is empty.
    /// </summary>
    public bool TryFill(ConnectionSendQueue sendQueue, int most)
    {
        var taken = 0;
        while (Large.IsEmpty && !IsClose && sendQueue.TryTake(most - taken, taken == 0, out var item))
        {
            taken += item.Bytes.Length + 1;
            if (item.IsFrame)
            {
                WebSocketFrames.WriteText(_joined, _lines);
                Add(item);
            }
            else if (item.Bytes.Length >= LargeObjectBytes)
            {
                WebSocketFrames.WriteText(_joined, _lines);
                WebSocketFrames.WriteTextHeader(_joined, item.Bytes.Length);
                Large = item.Bytes;
            }
            else
            {
                _lines.Add(item.Bytes);
            }
        }

        WebSocketFrames.WriteText(_joined, _lines);
        return taken > 0;
    }

    /// <summary>Empties the batch, so that it can be used again.</summary>
    public void Clear()
    {
        (Large, IsClose) = (default, false);
        if (_joined.Capacity > 128 * 1024)
        {
            _joined = new(4096);
        }

        _joined.ResetWrittenCount();
    }

    private void Add(ConnectionSendQueue.Item frame)
    {
        if (frame.Bytes.Length >= LargeBytes)
        {
            Large = frame.Bytes;
            return;
        }

        _joined.Write(frame.Bytes.Span);
        IsClose = frame.Kind == ConnectionSendQueue.ItemKind.Frame && WebSocketFrames.IsClose(frame.Bytes.Span);
    }
}
