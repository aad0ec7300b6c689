namespace OrleansChat.Gateway.Sessions;

/// <summary>A way of talking over one connection: JSON objects, or lines that a person types.</summary>
internal interface IConversation
{
    /// <summary>The connection is open.</summary>
    Task StartAsync();

    /// <summary>A whole frame came. The bytes are the caller's again when this returns. The next frame waits for it.</summary>
    ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, bool binary);

    /// <summary>The connection is gone.</summary>
    Task CloseAsync();
}
