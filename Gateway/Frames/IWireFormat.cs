using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>Encodes server frames for a connection. Equal formats encode a frame to equal bytes.</summary>
internal interface IWireFormat : IEquatable<IWireFormat>
{
    /// <summary>True if an event is encoded differently for its sender than for other viewers.</summary>
    bool MarksOwn { get; }

    /// <summary>
    /// Encodes a frame, without a final newline. Returns no bytes if this format does not show the frame.
    /// </summary>
    /// <param name="own">
    /// True to encode an event for its sender. Has an effect only if <see cref="MarksOwn"/> is true.
    /// </param>
    ReadOnlyMemory<byte> Encode(ServerFrame frame, bool own);
}

/// <summary>A format that depends on the room, such as text mode.</summary>
internal interface IRoomFormats
{
    /// <summary>Returns the format for a room.</summary>
    /// <param name="room">The viewer's name for the room.</param>
    IWireFormat In(string room);
}
