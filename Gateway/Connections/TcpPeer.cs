using System.Net.Sockets;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// Reads what the operating system knows about the peer's machine. Only Linux provides this information.
/// </summary>
internal static class TcpPeer
{
    // linux/tcp.h: IPPROTO_TCP, TCP_INFO, and the offsets of the fields of struct tcp_info that this class reads.
    private const int Level = 6;
    private const int TcpInfo = 11;
    private const int Retransmits = 2;
    private const int Probes = 3;
    private const int LastAckReceived = 56;

    /// <summary>
    /// A peer counts as unreachable only if at least this number of retransmissions and probes is unanswered. If only
    /// one is unanswered, its answer may still be in flight.
    /// </summary>
    private const int Unanswered = 2;

    /// <summary>
    /// Returns true if the peer's machine has acknowledged nothing for <paramref name="silence"/>, although the system
    /// has retransmitted or probed more than once. Then the machine, or the route to it, is gone. If only the program
    /// on the machine does not read, the machine still acknowledges probes. Returns false if the system cannot tell:
    /// there is no socket, or the system is not Linux.
    /// </summary>
    public static bool IsUnreachable(Socket? socket, TimeSpan silence)
    {
        if (socket is null || !OperatingSystem.IsLinux())
        {
            return false;
        }

        Span<byte> info = stackalloc byte[LastAckReceived + sizeof(uint)];
        try
        {
            return socket.GetRawSocketOption(Level, TcpInfo, info) == info.Length
                && info[Retransmits] + info[Probes] >= Unanswered
                && BitConverter.ToUInt32(info[LastAckReceived..]) >= silence.TotalMilliseconds;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
