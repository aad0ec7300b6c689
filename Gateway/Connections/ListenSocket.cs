using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace OrleansChat.Gateway.Connections;

/// <summary>
/// The sockets that connections are accepted from. What is set on them holds for each connection: its send buffer is bounded. The system's
/// own grows to megabytes for a peer that does not read (Linux: <c>tcp_wmem</c>, 4 MiB), which nobody would count, and takes no more before a
/// third of it is free again: at 1 KB/s that is longer than <see cref="ConnectionOptions.StallSeconds"/>, and a slow reader looks dead.
/// </summary>
internal static class ListenSocket
{
    /// <summary>Binds as Kestrel does by itself.</summary>
    public static Socket Bind(EndPoint endpoint, int sendBufferBytes)
    {
        var listening = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (sendBufferBytes > 0)
        {
            listening.SendBufferSize = sendBufferBytes;
        }

        return listening;
    }
}
