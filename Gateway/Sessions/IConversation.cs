using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>A way of talking over one connection: JSON objects, or lines that a person types.</summary>
internal interface IConversation
{
    /// <summary>The connection is open.</summary>
    Task StartAsync();

    /// <summary>A whole frame came. The bytes are the caller's again when this returns. The next frame waits for it.</summary>
    ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, bool binary);

    /// <summary>Completes when every command that came has its answer in the outbox. Called once no further frame comes.</summary>
    Task SettleAsync(CancellationToken cancellationToken);

    /// <summary>What is said before a close frame, with the milliseconds after which to come back where they are given.</summary>
    ReadOnlyMemory<byte> Farewell(CloseCode code, string reason, int? after = null);

    /// <summary>The connection is gone.</summary>
    Task CloseAsync();
}
