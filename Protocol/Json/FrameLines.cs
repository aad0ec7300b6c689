namespace OrleansChat.Protocol.Json;

/// <summary>
/// Enumerates the lines of a frame. White space around a line is removed, so <c>\r\n</c> is accepted too. Blank lines
/// are skipped.
/// </summary>
internal ref struct FrameLines(ReadOnlySpan<byte> frame)
{
    private ReadOnlySpan<byte> _rest = frame;

    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly FrameLines GetEnumerator() => this;

    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            var end = _rest.IndexOf((byte)'\n');
            var line = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? default : _rest[(end + 1)..];
            Current = line.Trim(" \t\r"u8);
            if (!Current.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }
}
