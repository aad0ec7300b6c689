using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>An event, with its encodings cached.</summary>
internal sealed class EncodedEvent(RoomEvent happened)
{
    private readonly EncodingCache _encodings = new();

    public RoomEvent Event => happened;

    /// <summary>The event's bytes in <paramref name="view"/>; empty if the view shows nothing of it.</summary>
    public ReadOnlyMemory<byte> For(RenderKey view)
    {
        var own = view.Format.MarksOwn && happened.From == view.User;
        return _encodings.Get(happened, view with { Deflated = false }, own, static (happened, view, own) =>
            Frames.Event(happened, view.Room, own) is { } frame ? view.Format.Encode(frame, own) : default);
    }
}

/// <summary>How a subscription shows its room.</summary>
/// <param name="Format">The connection's format. Equal formats share bytes.</param>
/// <param name="Room">The room as the viewer names it.</param>
/// <param name="User">The viewer's user id.</param>
/// <param name="Deflated">True if the viewer accepts compressed frames.</param>
internal readonly record struct RenderKey(IWireFormat Format, string Room, string User, bool Deflated = false);
