using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>State of a room (typing, presence, a read mark) with its bytes.</summary>
/// <param name="state">The frame for a viewer's own name of the room.</param>
internal sealed class EncodedState(Func<string, ServerFrame> state)
{
    private readonly Encodings _encodings = new();

    /// <summary>Its bytes as <paramref name="view"/> shows it; empty where that view shows nothing.</summary>
    public ReadOnlyMemory<byte> For(View view) =>
        _encodings.Get(state, view, own: false, static (state, view, _) => view.Format.Encode(state(view.Room), own: false));
}
