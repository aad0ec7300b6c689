using OrleansChat.Gateway.Connections;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>What every session of a gateway shares.</summary>
internal sealed record SessionPorts(
    IRooms Rooms, IUsers Users, ProtocolLimits Limits, SessionOptions Options, LagOptions Lag, RoomsAllowed RoomsAllowed,
    SessionInstruments Instruments, int HeartbeatMs, TimeProvider Time);

/// <summary>Which rooms a join may make. Section <c>Rooms</c>.</summary>
internal sealed class RoomsAllowed
{
    /// <summary>The section's name.</summary>
    public const string Section = "Rooms";

    /// <summary>Whether joining an unknown valid name makes the room.</summary>
    public bool CreateOnJoin { get; set; } = true;
}

/// <summary>
/// What a session needs of its connection: somewhere to write, how much it may ask, a way to end it, until when it may speak, when it is gone,
/// and whether it takes compressed frames.
/// </summary>
internal sealed record SessionWire(
    Outbox Outbox, Allowance Commands, Action<CloseCode, string> End, Expiry Expiry, CancellationToken Gone, bool Deflates = false);
