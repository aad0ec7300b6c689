using OrleansChat.Gateway.Connections;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The services and settings that all sessions of a gateway share.</summary>
internal sealed record SessionServices(
    IRooms Rooms, IHistory History, IUsers Users, ProtocolLimits Limits, ChatSessionOptions Options,
    SessionInstruments Instruments, TimeSpan Heartbeat, TimeProvider Time);

/// <summary>
/// What a session uses of its connection: the send queue, the command allowance, a method to end the connection, the
/// expiry of the user's token, a cancellation token that is cancelled when the connection is gone, and whether the
/// client accepts compressed frames.
/// </summary>
internal sealed record SessionConnection(
    ConnectionSendQueue SendQueue, Allowance Commands, EndConnection End, Expiry Expiry, CancellationToken Gone, bool Deflates = false);

/// <summary>Ends a connection. Only the first call has an effect.</summary>
/// <param name="after">
/// Milliseconds that the client should wait before it reconnects; null if the client decides.
/// </param>
internal delegate void EndConnection(CloseCode code, string reason, int? after = null);
