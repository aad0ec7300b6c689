using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>How a connection writes what the server says. Equal formats give equal bytes.</summary>
internal interface IWireFormat : IEquatable<IWireFormat>
{
    /// <summary>Whether a sender's own events look different to the sender.</summary>
    bool TellsOwn { get; }

    /// <summary>The bytes, without a newline at the end; empty where this format shows nothing of it.</summary>
    /// <param name="own">True for the sender's own event, where <see cref="TellsOwn"/>.</param>
    ReadOnlyMemory<byte> Encode(ServerFrame frame, bool own);
}

/// <summary>JSON mode.</summary>
internal sealed record JsonFormat : IWireFormat
{
    /// <summary>The one JSON format.</summary>
    public static readonly JsonFormat Instance = new();

    /// <inheritdoc/>
    public bool TellsOwn => true;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Encode(ServerFrame frame, bool own) => FrameWriter.Encode(frame);

    bool IEquatable<IWireFormat>.Equals(IWireFormat? other) => other is JsonFormat;
}

/// <summary>A format that writes some rooms differently.</summary>
internal interface IRoomFormats
{
    /// <summary>The format for a room, as the viewer names it.</summary>
    IWireFormat In(string room);
}
