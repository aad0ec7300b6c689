using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>State of a room (typing, presence, a read mark). It is encoded once for each distinct view.</summary>
/// <param name="state">Returns the frame. The argument is the viewer's name for the room.</param>
internal sealed class EncodedState(Func<string, ServerFrame> state)
{
    private readonly EncodingCache _encodings = new();

    /// <summary>
    /// Returns the bytes of the state for a view. Returns no bytes if the view does not show the state.
    /// </summary>
    public ReadOnlyMemory<byte> For(RenderKey view) =>
        _encodings.Get(state, view, own: false, static (state, view, _) => view.Format.Encode(state(view.Room), own: false));
}
