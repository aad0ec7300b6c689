using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway;

/// <summary><c>GET /ws</c>, and <c>/</c> where it asks for a WebSocket: checks origin and identity, upgrades, and joins a connection to a conversation.</summary>
internal sealed partial class WebSocketEndpoint(
    Identity identity, Origins origins, Doorway doorway, ConnectionSet connections, SessionPorts ports, IOptions<ConnectionOptions> options,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<WebSocketEndpoint> logger)
{
    private readonly Func<string?, IdentityResult> _ofToken = identity.OfToken;
    private Action<Connection, Exception>? _failed;

    /// <summary>Answers the request: 400, 401, 403 or 503 before the upgrade, or a connection until it ends.</summary>
    public Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            // RFC 6455 §4.2.2: to whom asks for another version.
            context.Response.Headers.SecWebSocketVersion = "13";
            return RefuseAsync(context, StatusCodes.Status400BadRequest, "this is a WebSocket: ws://<host>/ws?room=lobby&user=alice");
        }

        if (!origins.Allow(context.Request))
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "this origin is not allowed; see Origins:Allowed");
        }

        var subprotocol = Identity.Offered(context.Request).FirstOrDefault();
        if (subprotocol is not (null or Subprotocols.Json or Subprotocols.Text))
        {
            return RefuseAsync(context, StatusCodes.Status400BadRequest, $"subprotocol: {Subprotocols.Json}, {Subprotocols.Text} or none");
        }

        var text = subprotocol != Subprotocols.Json;
        var wrong = "";
        var settings = text ? TextSettings.Of(context.Request.Query, out wrong) : null;
        if (text && settings is null)
        {
            return RefuseAsync(context, StatusCodes.Status400BadRequest, wrong);
        }

        var who = identity.Of(context.Request, text);
        if (who.Refusal is not null)
        {
            // RFC 6750 §3.
            context.Response.Headers.WWWAuthenticate = who.IsBadToken ? "Bearer error=\"invalid_token\"" : "Bearer";
            return RefuseAsync(context, StatusCodes.Status401Unauthorized, who.Reason);
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested || connections.Reserve() is not { } place)
        {
            return RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "this gateway takes no more connections; another one may");
        }

        return ConverseAsync(context, subprotocol, who, settings, place);
    }

    private async Task ConverseAsync(HttpContext context, string? subprotocol, IdentityResult who, TextSettings? settings, ConnectionSet.Place place)
    {
        using var reserved = place;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            // A slow reader is fed from the log, not cut.
            rate.MinDataRate = null;
        }

        using var socket = await UpgradeAsync(context, subprotocol);
        if (socket is null)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "too many are coming at once; come back, or go to another gateway");
            return;
        }

        var deflates = Deflates(context.Response);

        // What was asked with is known by now, and would be kept for as long as the connection lives. In this order: a request lets go of the
        // features that it holds when it is asked for another one.
        context.Features.Set<IQueryFeature>(null);
        context.Request.Headers.Clear();
        using var connection = new Connection(socket, UpgradedStream.Under(context), connections.NextLane(), options.Value, ports.Limits.FrameBytes, time);
        Action<CloseCode, string> end = connection.End;
        using var expiry = new Expiry(time, identity.Grace, end);
        expiry.Set(who.Exp);
        var wire = new SessionWire(connection.Outbox, connection.Commands, end, expiry, connection.Gone, deflates);
        IConversation conversation = subprotocol == Subprotocols.Json
            ? new JsonConversation(wire, ports, who, _ofToken)
            : new TextConversation(wire, ports, who, settings!, subprotocol is null, _ofToken);
        connection.Handler = conversation;
        connections.Add(connection);
        try
        {
            var running = connection.RunAsync(_failed ??= Failed);
            await StartAsync(conversation, connection);
            await running;
        }
        finally
        {
            connections.Remove(connection);
            await conversation.CloseAsync();
        }
    }

    /// <summary>Upgrades in its turn; null where that did not come in time.</summary>
    private async Task<WebSocket?> UpgradeAsync(HttpContext context, string? subprotocol)
    {
        // Whoever asks for the request's token has one made, which is kept as long as the connection.
        if (!doorway.TryEnter() && !await doorway.EnterAsync(context.RequestAborted))
        {
            return null;
        }

        try
        {
            return await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                SubProtocol = subprotocol,
                KeepAliveInterval = Timeout.InfiniteTimeSpan,

                // Each message compressed by itself: what a room says is compressed once, and holds no secret of the connection's.
                DangerousEnableCompression = options.Value.Deflate,
                DisableServerContextTakeover = true,
            });
        }
        finally
        {
            doorway.Leave();
        }
    }

    /// <summary>
    /// Whether compressed frames were agreed on. Who wants them of a smaller window than the usual one, of 32 KiB, gets none, which is allowed:
    /// its frames could not be everybody's.
    /// </summary>
    private static bool Deflates(HttpResponse response) =>
        response.Headers.SecWebSocketExtensions.ToString() is { Length: > 0 } agreed && !agreed.Contains("server_max_window_bits", StringComparison.Ordinal);

    private async Task StartAsync(IConversation conversation, Connection connection)
    {
        try
        {
            await conversation.StartAsync();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailed(failure);
            connection.End(CloseCode.ServerError, "the cluster cannot be reached just now");
        }
    }

    private void Failed(Connection connection, Exception failure)
    {
        LogFailed(failure);
        connection.End(CloseCode.ServerError, "the server failed; come back");
    }

    private static async Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(why + "\n");
    }

    [LoggerMessage(1, LogLevel.Error, "A conversation failed and its connection ends")]
    private partial void LogFailed(Exception failure);
}
