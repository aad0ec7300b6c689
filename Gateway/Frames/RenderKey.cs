namespace OrleansChat.Gateway.Frames;

/// <summary>A view: everything that decides how events and state are encoded for a subscription.</summary>
/// <param name="Format">The connection's format for this room.</param>
/// <param name="Room">The viewer's name for the room.</param>
/// <param name="User">The viewer's user id.</param>
/// <param name="Deflated">True if the viewer accepts compressed frames.</param>
internal readonly record struct RenderKey(IWireFormat Format, string Room, string User, bool Deflated = false);
