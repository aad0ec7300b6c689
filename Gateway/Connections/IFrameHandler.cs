using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Connections;

/// <summary>Whoever talks over a connection: is handed what the peer says, and has the last word.</summary>
internal interface IFrameHandler
{
    /// <summary>A whole frame came. The bytes are the caller's again when this returns. The next frame waits for it.</summary>
    ValueTask ReceiveAsync(ReadOnlyMemory<byte> frame, bool binary);

    /// <summary>Completes when every command that came has its answer in the outbox. Called once no further frame comes.</summary>
    Task SettleAsync(CancellationToken cancellationToken);

    /// <summary>What is said before a close frame, with the milliseconds after which to come back where they are given. Empty says nothing.</summary>
    ReadOnlyMemory<byte> Farewell(CloseCode code, string reason, int? after = null);
}
