using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>A way of talking over one connection: JSON objects, or lines that a person types.</summary>
internal interface IConversation
{
    /// <summary>The connection is open.</summary>
    Task StartAsync();

    /// <summary>A whole frame came. The bytes are the caller's again when this returns. The next frame waits for it.</summary>
    ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, bool binary);

    /// <summary>What is said before a close frame.</summary>
    ReadOnlyMemory<byte> Farewell(CloseCode code, string reason);

    /// <summary>The connection is gone.</summary>
    Task CloseAsync();
}
