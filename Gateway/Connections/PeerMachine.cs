using System.Net.Sockets;

namespace OrleansChat.Gateway.Connections;

/// <summary>What the operating system knows of the machine at the other end. Only Linux tells; elsewhere nothing is known.</summary>
internal static class PeerMachine
{
    // linux/tcp.h: IPPROTO_TCP, TCP_INFO, and what of struct tcp_info is read.
    private const int Level = 6;
    private const int TcpInfo = 11;
    private const int Retransmits = 2;
    private const int Probes = 3;
    private const int LastAckReceived = 56;

    /// <summary>Unanswered in a row. One may be under way; a second is no longer chance.</summary>
    private const int Unanswered = 2;

    /// <summary>
    /// True where the machine has acknowledged nothing for so long, though it was asked again and again: it is gone, or the way to it. One whose
    /// program does not read still acknowledges that there is no room. False where nobody knows.
    /// </summary>
    public static bool IsGone(Socket? socket, TimeSpan silence)
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
        catch (Exception unknown) when (unknown is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
