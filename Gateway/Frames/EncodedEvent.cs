using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Frames;

/// <summary>An event of a room. It is encoded once for each distinct view.</summary>
internal sealed class EncodedEvent(RoomEvent happened)
{
    private readonly EncodingCache _encodings = new();

    public RoomEvent Event => happened;

    /// <summary>
    /// Returns the bytes of the event for a view. Returns no bytes if the view does not show the event.
    /// </summary>
    public ReadOnlyMemory<byte> For(RenderKey view)
    {
        var own = view.Format.MarksOwn && happened.From == view.User;
        return _encodings.Get(happened, view with { Deflated = false }, own, static (happened, view, own) =>
            view.Format.Encode(FrameMapping.Event(happened, view.Room, own), own));
    }
}
