using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>An event with its bytes.</summary>
internal sealed class EncodedEvent(RoomEvent happened)
{
    private readonly Encodings _encodings = new();

    /// <summary>The event.</summary>
    public RoomEvent Event => happened;

    /// <summary>Its bytes as <paramref name="view"/> shows it; empty where that view shows nothing.</summary>
    public ReadOnlyMemory<byte> For(View view)
    {
        var own = view.Format.TellsOwn && happened.From == view.User;
        return _encodings.Get(happened, view with { Deflated = false }, own, static (happened, view, own) =>
            Frames.Event(happened, view.Room, own) is { } frame ? view.Format.Encode(frame, own) : default);
    }
}

/// <summary>How one subscription sees its room.</summary>
/// <param name="Format">The connection's format; equal formats share bytes.</param>
/// <param name="Room">The viewer's own name for the room.</param>
/// <param name="User">The viewer.</param>
/// <param name="Deflated">Whether the viewer takes compressed frames.</param>
internal readonly record struct View(IWireFormat Format, string Room, string User, bool Deflated = false);
