namespace OrleansChat.Gateway.Frames;

/// <summary>Caches the bytes of one item for many viewers. The item is encoded once for each distinct view.</summary>
internal sealed class EncodingCache
{
    private readonly Lock _gate = new();
    private Encoding? _first;

    /// <summary>
    /// Returns the bytes for a view. At the first call for a view, <paramref name="encode"/> creates them.
    /// </summary>
    /// <param name="of">The item; passed to <paramref name="encode"/>, so that a call allocates no closure.</param>
    /// <param name="own">
    /// True if the item is an event, the viewer is its sender, and the format encodes own events differently.
    /// </param>
    public ReadOnlyMemory<byte> Get<T>(T of, RenderKey view, bool own, Func<T, RenderKey, bool, ReadOnlyMemory<byte>> encode)
    {
        lock (_gate)
        {
            for (var known = _first; known is not null; known = known.Next)
            {
                if (known.Own == own && known.Deflated == view.Deflated && known.Room == view.Room && known.Format.Equals(view.Format))
                {
                    return known.Bytes;
                }
            }

            _first = new(view.Format, view.Room, own, view.Deflated, encode(of, view, own), _first);
            return _first.Bytes;
        }
    }

    // A linked list suffices, because an item has only a few encodings: JSON or text, own or not, compressed or not,
    // and two names for a direct room.
    private sealed record Encoding(IWireFormat Format, string Room, bool Own, bool Deflated, ReadOnlyMemory<byte> Bytes, Encoding? Next);
}
