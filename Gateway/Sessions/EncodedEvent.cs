using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>An event with its bytes: encoded once for each way of seeing it, and handed to everybody who sees it so.</summary>
internal sealed class EncodedEvent(RoomEvent happened)
{
    private readonly Lock _gate = new();
    private Encoding? _first;

    /// <summary>The event.</summary>
    public RoomEvent Event => happened;

    /// <summary>Its bytes as <paramref name="view"/> shows it; empty where that view shows nothing.</summary>
    public ReadOnlyMemory<byte> For(View view)
    {
        var own = view.Format.TellsOwn && happened.From == view.User;
        lock (_gate)
        {
            for (var known = _first; known is not null; known = known.Next)
            {
                if (known.Own == own && known.Room == view.Room && known.Format.Equals(view.Format))
                {
                    return known.Bytes;
                }
            }

            _first = new(view.Format, view.Room, own, view.Format.Encode(Frames.Event(happened, view.Room, own), own), _first);
            return _first.Bytes;
        }
    }

    // A handful at most: JSON or text, one's own or another's, and in a direct conversation the two names of the room.
    private sealed record Encoding(IWireFormat Format, string Room, bool Own, ReadOnlyMemory<byte> Bytes, Encoding? Next);
}

/// <summary>How one subscription sees its room.</summary>
/// <param name="Format">The connection's format; equal formats share bytes.</param>
/// <param name="Room">The viewer's own name for the room.</param>
/// <param name="User">The viewer.</param>
internal readonly record struct View(IWireFormat Format, string Room, string User);
