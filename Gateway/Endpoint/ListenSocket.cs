using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// Creates listening sockets with a bounded send buffer. Accepted connections inherit the bound from the listening
/// socket. Without the bound, Linux grows the send buffer to megabytes for a peer that does not read (<c>tcp_wmem</c>,
/// 4 MiB). No limit of the gateway counts this memory. Also, Linux accepts more bytes only after a third of the buffer
/// is free again. If a peer reads 1 KB/s, that takes longer than <see cref="ConnectionOptions.StallTimeout"/>, and the
/// peer would look dead.
/// </summary>
internal static class ListenSocket
{
    /// <summary>Binds a socket as Kestrel does, and sets the size of its send buffer.</summary>
    /// <param name="sendBufferBytes">Size of the send buffer in bytes; 0 for the system's default.</param>
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
