using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// Handles the frames that a connection receives, and encodes the farewell: the message before the close frame.
/// </summary>
internal interface IFrameHandler
{
    /// <summary>
    /// Handles a whole frame. The bytes are valid until the returned task completes. Until then, the connection reads
    /// no further frame.
    /// </summary>
    ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, bool binary);

    /// <summary>
    /// Waits until the answers to all received commands are in the connection send queue. Called when no further frame
    /// will be handled.
    /// </summary>
    Task WaitForAnswersAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Encodes the last message before the close frame. Returns no bytes if there is no such message.
    /// </summary>
    /// <param name="after">
    /// Milliseconds that the client should wait before it reconnects; null if the client decides.
    /// </param>
    ReadOnlyMemory<byte> Farewell(CloseCode code, string reason, int? after = null);
}
