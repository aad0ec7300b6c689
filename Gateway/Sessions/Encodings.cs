namespace OrleansChat.Gateway.Sessions;

/// <summary>The bytes of one thing that many see: encoded once for each way of seeing it, and handed to everybody who sees it so.</summary>
internal sealed class Encodings
{
    private readonly Lock _gate = new();
    private Encoding? _first;

    /// <summary>The bytes for a way of seeing it, made by <paramref name="encode"/> the first time.</summary>
    /// <param name="of">What is seen; handed to <paramref name="encode"/>, so that a hand-over allocates nothing.</param>
    /// <param name="own">True for the sender's own view, where the format tells them apart.</param>
    public ReadOnlyMemory<byte> Get<T>(T of, View view, bool own, Func<T, View, bool, ReadOnlyMemory<byte>> encode)
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

    // A handful at most: JSON or text, one's own or another's, compressed or not, and in a direct conversation the two names of the room.
    private sealed record Encoding(IWireFormat Format, string Room, bool Own, bool Deflated, ReadOnlyMemory<byte> Bytes, Encoding? Next);
}
