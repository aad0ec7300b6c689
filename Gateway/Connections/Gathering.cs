using System.Buffers;

namespace OrleansChat.Gateway.Connections;

/// <summary>What a connection writes next: objects are joined by newlines into text frames, whole frames stay as they are.</summary>
internal sealed class Gathering
{
    /// <summary>Bytes from which a frame is not worth copying.</summary>
    private const int LargeBytes = 2048;

    private readonly List<ReadOnlyMemory<byte>> _lines = [];
    private ArrayBufferWriter<byte> _joined = new(4096);

    /// <summary>Small frames, one after the other.</summary>
    public ReadOnlyMemory<byte> Joined => _joined.WrittenMemory;

    /// <summary>A frame that comes after them; empty for none.</summary>
    public ReadOnlyMemory<byte> Large { get; private set; }

    /// <summary>Whether it ends with a close frame: nothing may follow.</summary>
    public bool IsClose { get; private set; }

    /// <summary>Takes out of an outbox what waits, in order, up to so many bytes or a large frame. False where nothing waits.</summary>
    public bool TryGather(Outbox outbox, int most)
    {
        var taken = 0;
        while (Large.IsEmpty && !IsClose && outbox.TryTake(most - taken, taken == 0, out var item))
        {
            taken += item.Bytes.Length + 1;
            if (item.IsFrame)
            {
                WebSocketFrames.WriteText(_joined, _lines);
                Add(item);
            }
            else
            {
                _lines.Add(item.Bytes);
            }
        }

        WebSocketFrames.WriteText(_joined, _lines);
        return taken > 0;
    }

    /// <summary>For the next time.</summary>
    public void Clear()
    {
        (Large, IsClose) = (default, false);
        if (_joined.Capacity > 128 * 1024)
        {
            _joined = new(4096);
        }

        _joined.ResetWrittenCount();
    }

    private void Add(Outbox.Item frame)
    {
        if (frame.Bytes.Length >= LargeBytes)
        {
            Large = frame.Bytes;
            return;
        }

        _joined.Write(frame.Bytes.Span);
        IsClose = frame.Kind == Outbox.ItemKind.Frame && WebSocketFrames.IsClose(frame.Bytes.Span);
    }
}
