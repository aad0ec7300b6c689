using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>JSON mode: encodes each server frame as one JSON object.</summary>
internal sealed record JsonFormat : IWireFormat
{
    public static readonly JsonFormat Instance = new();

    /// <inheritdoc/>
    public bool MarksOwn => true;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Encode(ServerFrame frame, bool own) => FrameWriter.Encode(frame);

    bool IEquatable<IWireFormat>.Equals(IWireFormat? other) => other is JsonFormat;
}
