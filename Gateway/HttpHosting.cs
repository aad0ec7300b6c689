using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace OrleansChat.Gateway;

/// <summary>How the server listens.</summary>
internal static class HttpHosting
{
    /// <summary>Bounds everything that a stranger can send or hold.</summary>
    public static void AddHttp(this IServiceCollection services, HttpOptions options)
    {
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            // WebSockets over HTTP/1.1 alone: the connection's one writer needs the upgrade, which HTTP/2 does not have.
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
            kestrel.AddServerHeader = false;

            // Upgraded ones are counted by Connections:Most, which can say why.
            kestrel.Limits.MaxConcurrentConnections = options.Sockets;
            kestrel.Limits.MaxConcurrentUpgradedConnections = null;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.HeaderSeconds);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.IdleSeconds);
            kestrel.Limits.MaxRequestLineSize = options.LineBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.HeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = options.Headers;
            kestrel.Limits.MaxRequestBufferSize = Math.Max(options.ReadBufferBytes, options.LineBytes + options.HeaderBytes);

            // Nothing here takes a body: who sends one is answered, and not waited for.
            kestrel.Limits.MaxRequestBodySize = 0;

            // The page's files, to a reader of less than 240 bytes a second: cut after 5 s. A WebSocket is not held to it.
            kestrel.Limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        });
        services.Configure<SocketTransportOptions>(sockets =>
            sockets.MaxReadBufferSize = Math.Max(options.ReadBufferBytes, options.LineBytes + options.HeaderBytes));
    }
}
