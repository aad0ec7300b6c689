using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace OrleansChat.Gateway.Endpoint;

internal static class HttpHosting
{
    /// <summary>Limits what a client can send, and which resources it can use, before it is authenticated.</summary>
    public static void AddHttp(this IServiceCollection services, HttpOptions options)
    {
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            // Allow only HTTP/1.1, because DirectSocketStream needs the HTTP upgrade, which HTTP/2 does not have.
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
            kestrel.AddServerHeader = false;

            // MaxConcurrentConnections does not count upgraded connections. WebSocketEndpoint limits these to
            // Connections:MaxConnections, and refuses further connections with a reason.
            kestrel.Limits.MaxConcurrentConnections = options.Sockets;
            kestrel.Limits.MaxConcurrentUpgradedConnections = null;
            kestrel.Limits.RequestHeadersTimeout = options.HeaderTimeout;
            kestrel.Limits.KeepAliveTimeout = options.IdleTimeout;
            kestrel.Limits.MaxRequestLineSize = options.LineBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.HeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = options.Headers;
            kestrel.Limits.MaxRequestBufferSize = Math.Max(options.ReadBufferBytes, options.LineBytes + options.HeaderBytes);

            // No endpoint reads a body. A request with a body is answered without waiting for the body.
            kestrel.Limits.MaxRequestBodySize = 0;

            // For the page's files: a client that reads less than 240 bytes per second is disconnected after 5 s.
            // WebSocketEndpoint removes this limit from WebSockets.
            kestrel.Limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        });
        services.Configure<SocketTransportOptions>(sockets =>
            sockets.MaxReadBufferSize = Math.Max(options.ReadBufferBytes, options.LineBytes + options.HeaderBytes));
    }
}
