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
    /// <summary>Answers the request: 400, 401, 403 or 503 before the upgrade, or a connection until it ends.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            // RFC 6455 §4.2.2: to whom asks for another version.
            context.Response.Headers.SecWebSocketVersion = "13";
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "this is a WebSocket: ws://<host>/ws?room=lobby&user=alice");
            return;
        }

        if (!origins.Allow(context.Request))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "this origin is not allowed; see Origins:Allowed");
            return;
        }

        var subprotocol = Identity.Offered(context.Request).FirstOrDefault();
        if (subprotocol is not (null or Subprotocols.Json or Subprotocols.Text))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"subprotocol: {Subprotocols.Json}, {Subprotocols.Text} or none");
            return;
        }

        var text = subprotocol != Subprotocols.Json;
        var settings = TextSettings.Of(context.Request.Query, out var wrong);
        if (text && settings is null)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, wrong);
            return;
        }

        var who = identity.Of(context.Request, text);
        if (who.Refusal is not null)
        {
            // RFC 6750 §3.
            context.Response.Headers.WWWAuthenticate = who.IsBadToken ? "Bearer error=\"invalid_token\"" : "Bearer";
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, who.Reason);
            return;
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested || !connections.TryReserve())
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "this gateway takes no more connections; another one may");
            return;
        }

        try
        {
            await ConverseAsync(context, subprotocol, who, settings);
        }
        finally
        {
            connections.Release();
        }
    }

    private async Task ConverseAsync(HttpContext context, string? subprotocol, IdentityResult who, TextSettings? settings)
    {
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

        // What was asked with is known by now, and would be kept for as long as the connection lives.
        context.Request.Headers.Clear();
        using var connection = new Connection(socket, UpgradedStream.Under(context), connections.NextLane(), options.Value, ports.Limits.FrameBytes, time);
        using var expiry = new Expiry(time, identity.Grace, () => connection.End(CloseCode.TokenExpired, "the token expired"));
        expiry.Set(who.Exp);
        var wire = new SessionWire(connection.Outbox, connection.Commands, connection.End, expiry, connection.Gone);
        IConversation conversation = subprotocol == Subprotocols.Json
            ? new JsonConversation(wire, ports, who, identity.OfToken)
            : new TextConversation(wire, ports, who, settings!, subprotocol is null, identity.OfToken);
        connection.Farewell = conversation.Farewell;
        connection.Settled = conversation.SettleAsync;
        connections.Add(connection);
        try
        {
            var running = connection.RunAsync((frame, binary) => ReceiveAsync(conversation, frame, binary, connection));
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
        if (!await doorway.EnterAsync(context.RequestAborted))
        {
            return null;
        }

        try
        {
            return await context.WebSockets.AcceptWebSocketAsync(
                new WebSocketAcceptContext { SubProtocol = subprotocol, KeepAliveInterval = Timeout.InfiniteTimeSpan });
        }
        finally
        {
            doorway.Leave();
        }
    }

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

    private async ValueTask ReceiveAsync(IConversation conversation, ReadOnlyMemory<byte> frame, bool binary, Connection connection)
    {
        try
        {
            await conversation.ReceiveAsync(frame, binary);
        }
        catch (Exception failure) when (failure is not (OutOfMemoryException or OperationCanceledException))
        {
            LogFailed(failure);
            connection.End(CloseCode.ServerError, "the server failed; come back");
        }
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
