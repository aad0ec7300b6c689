using OrleansChat.Gateway.Connections;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The services and settings that all sessions of a gateway share.</summary>
internal sealed record SessionServices(
    IRooms Rooms, IHistory History, IUsers Users, ProtocolLimits Limits, ChatSessionOptions Options,
    SessionInstruments Instruments, TimeSpan Heartbeat, TimeProvider Time);

/// <summary>The parts of a connection that its session uses.</summary>
/// <param name="Commands">The allowance for commands other than sends.</param>
/// <param name="Expiry">The expiry of the user's token.</param>
/// <param name="Gone">Cancelled when the connection is gone.</param>
/// <param name="Deflates">True if the client accepts compressed frames.</param>
internal sealed record SessionConnection(
    ConnectionSendQueue SendQueue, Allowance Commands, EndConnection End, Expiry Expiry, CancellationToken Gone, bool Deflates = false);

/// <summary>Ends a connection. Only the first call has an effect.</summary>
/// <param name="after">
/// Milliseconds that the client should wait before it reconnects; null if the client decides.
/// </param>
internal delegate void EndConnection(CloseCode code, string reason, int? after = null);
