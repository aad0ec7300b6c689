using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>State of a room (typing, presence, a read mark), with its encodings cached.</summary>
/// <param name="state">Returns the frame. The argument is the room, as the viewer names it.</param>
internal sealed class EncodedState(Func<string, ServerFrame> state)
{
    private readonly EncodingCache _encodings = new();

    /// <summary>The state's bytes in <paramref name="view"/>; empty if the view does not show the state.</summary>
    public ReadOnlyMemory<byte> For(RenderKey view) =>
        _encodings.Get(state, view, own: false, static (state, view, _) => view.Format.Encode(state(view.Room), own: false));
}
