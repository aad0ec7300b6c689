using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// Handles the requests to <c>/ws</c>, and the WebSocket requests to <c>/</c>: checks origin and identity, upgrades the
/// request, and runs a conversation over the connection.
/// </summary>
internal sealed partial class WebSocketEndpoint(
    Identity identity, Origins origins, HandshakeLimiter handshakes, ConnectionSet connections, SessionServices services, IOptions<ConnectionOptions> options,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<WebSocketEndpoint> logger)
{
    private readonly Func<string?, IdentityResult> _ofToken = identity.OfToken;
    private Action<Connection, Exception>? _failed;

    /// <summary>
    /// Refuses the request before the upgrade with 400, 401, 403 or 503, or serves the connection until it ends.
    /// </summary>
    public Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            // RFC 6455 §4.2.2: a client that requested another version gets the supported version.
            context.Response.Headers.SecWebSocketVersion = "13";
            return RefuseAsync(context, StatusCodes.Status400BadRequest, "this address accepts WebSocket requests only: ws://<host>/ws?room=lobby&user=alice");
        }

        if (!origins.Allow(context.Request))
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, Origins.Refusal);
        }

        var subprotocol = Identity.Offered(context.Request).FirstOrDefault();
        if (subprotocol is not (null or Subprotocols.Json or Subprotocols.Text))
        {
            return RefuseAsync(context, StatusCodes.Status400BadRequest, $"the subprotocol must be {Subprotocols.Json}, {Subprotocols.Text} or none");
        }

        var text = subprotocol != Subprotocols.Json;
        var wrong = "";
        var settings = text ? TextSettings.Parse(context.Request.Query, out wrong) : null;
        if (text && settings is null)
        {
            return RefuseAsync(context, StatusCodes.Status400BadRequest, wrong);
        }

        var who = identity.Identify(context.Request, text);
        if (who.Refusal is not null)
        {
            // RFC 6750 §3.
            context.Response.Headers.WWWAuthenticate = who.IsBadToken ? "Bearer error=\"invalid_token\"" : "Bearer";
            return RefuseAsync(context, StatusCodes.Status401Unauthorized, who.Reason);
        }

        if (!lifetime.ApplicationStarted.IsCancellationRequested)
        {
            return RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "this gateway is still starting; try again later, or use another gateway");
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested || connections.Reserve() is not { } place)
        {
            return RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "this gateway accepts no more connections; use another gateway, or try again later");
        }

        return ConverseAsync(context, subprotocol, who, settings, place);
    }

    private async Task ConverseAsync(HttpContext context, string? subprotocol, IdentityResult who, TextSettings? settings, ConnectionSet.Place place)
    {
        using var reserved = place;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            // Do not disconnect a slow reader. If its send queue is full, its session reads from the message log.
            rate.MinDataRate = null;
        }

        using var socket = await UpgradeAsync(context, subprotocol);
        if (socket is null)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "too many connections are opening at once; try again later, or use another gateway");
            return;
        }

        var deflates = Deflates(context.Response);

        // Remove the query and the headers, which would stay in memory as long as the connection. Keep this order: the
        // request drops its cached query only at its next access to a feature. The second statement makes this access.
        context.Features.Set<IQueryFeature>(null);
        context.Request.Headers.Clear();
        using var connection = new Connection(socket, DirectSocketStream.Under(context), connections.NextWriteQueue(), options.Value, services.Limits.FrameBytes, time);
        EndConnection end = connection.End;
        using var expiry = new Expiry(time, identity.Grace, connection.End);
        expiry.Set(who.Exp);
        var wire = new SessionConnection(connection.SendQueue, connection.Commands, end, expiry, connection.Gone, deflates);
        IConversation conversation = subprotocol == Subprotocols.Json
            ? new JsonConversation(wire, services, who, _ofToken)
            : new TextConversation(wire, services, who, settings!, subprotocol is null, _ofToken);
        connection.Handler = conversation;
        connections.Add(connection);
        try
        {
            // The conversation starts first, so that its time limit for hello already runs when the first frame
            // arrives.
            var starting = StartAsync(conversation, connection);
            var running = connection.RunAsync(_failed ??= Failed);
            await starting;
            await running;
        }
        finally
        {
            connections.Remove(connection);
            await conversation.CloseAsync();
        }
    }

    /// <summary>
    /// Upgrades the request when the handshake limiter admits it. Returns null if the request is not admitted in time.
    /// </summary>
    private async Task<WebSocket?> UpgradeAsync(HttpContext context, string? subprotocol)
    {
        // Read RequestAborted only if the request must wait. Reading it allocates a token, which stays in memory as
        // long as the connection.
        if (!handshakes.TryAcquire() && !await handshakes.AcquireAsync(context.RequestAborted))
        {
            return null;
        }

        try
        {
            return await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                SubProtocol = subprotocol,
                KeepAliveInterval = Timeout.InfiniteTimeSpan,

                // Each message is compressed separately. So an event is compressed once for all connections, and no
                // compression state contains secrets of a connection.
                DangerousEnableCompression = options.Value.Deflate,
                DisableServerContextTakeover = true,
            });
        }
        finally
        {
            handshakes.Release();
        }
    }

    /// <summary>
    /// True if the client may get compressed frames: the handshake agreed on compression, and on no window smaller than
    /// 32 KiB. Frames for a smaller window could not be shared with other connections. So a client with a smaller
    /// window gets uncompressed frames, which RFC 7692 allows.
    /// </summary>
    private static bool Deflates(HttpResponse response) =>
        response.Headers.SecWebSocketExtensions.ToString() is { Length: > 0 } agreed && !agreed.Contains("server_max_window_bits", StringComparison.Ordinal);

    private async Task StartAsync(IConversation conversation, Connection connection)
    {
        try
        {
            await conversation.StartAsync();
        }
        catch (Exception exception)
        {
            LogFailed(exception);
            connection.End(CloseCode.ServerError, "the cluster cannot be reached at the moment; reconnect");
        }
    }

    private void Failed(Connection connection, Exception failure)
    {
        LogFailed(failure);
        connection.End(CloseCode.ServerError, "the server failed; reconnect");
    }

    private static async Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(why + "\n");
    }

    [LoggerMessage(111, LogLevel.Error, "A conversation failed; closing its connection")]
    private partial void LogFailed(Exception exception);
}
