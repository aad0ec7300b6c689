using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tokens;
using OrleansChat.Hosting;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway;

/// <summary>What the gateway consists of.</summary>
internal static class GatewayHosting
{
    /// <summary>
    /// Adds the gateway's parts. Hosted services start in this order and stop in the reverse one. The drain comes before any of them
    /// stops, the server too: while it lasts the lease and the inbox hold, and whoever knocks is told to go elsewhere.
    /// </summary>
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        builder.AddOptions<ConnectionOptions>(ConnectionOptions.Section);
        builder.AddOptions<DrainOptions>(DrainOptions.Section);
        builder.AddOptions<SessionOptions>(SessionOptions.Section);
        builder.AddOptions<LagOptions>(LagOptions.Section);
        builder.AddOptions<RoomsAllowed>(RoomsAllowed.Section);
        builder.AddOptions<FanoutOptions>(FanoutOptions.Section);
        builder.AddOptions<ProtocolLimits>("Limits");
        builder.AddOptions<OriginOptions>(OriginOptions.Section);

        services.AddHttp(builder.Configuration.Read<HttpOptions>(HttpOptions.Section));
        services.AddIdentity(builder.Configuration.Read<IdentityOptions>(IdentityOptions.Section));
        builder.Logging.HideAddresses();
        services.AddSingleton<Origins>();
        services.AddSingleton<Doorway>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<GatewayId>();
        services.AddSingleton<Ongoing>();
        services.AddSingleton<FanoutInstruments>();
        services.AddSingleton<SessionInstruments>();
        services.AddSingleton<Feeds>();
        services.AddSingleton<IRooms>(parts => parts.GetRequiredService<Feeds>());
        services.AddSingleton<Users>();
        services.AddSingleton<IUsers>(parts => parts.GetRequiredService<Users>());
        services.AddSingleton(Ports);

        services.AddHosted<GatewayLease>();
        services.AddHosted<GatewayInbox>();
        services.AddHosted<InboxWatch>();
        services.AddHosted<Beacon>();
        services.AddHosted<ConnectionSet>();
        services.AddHosted<Drain>();

        services.AddSingleton<IConnectionListenerFactory, Entrance>();
        services.AddOptions<SocketTransportOptions>().Configure<IOptions<ConnectionOptions>>((sockets, connections) =>
        {
            sockets.Backlog = connections.Value.Backlog;
            sockets.CreateBoundListenSocket = endpoint => ListenSocket.Bind(endpoint, connections.Value.SendBufferBytes);
        });
    }

    /// <summary>Adds who may come in. Reads the keys now: throws <see cref="OptionsValidationException"/>, whose failures name the setting.</summary>
    public static void AddIdentity(this IServiceCollection services, IdentityOptions options)
    {
        services.AddSingleton(Options.Create(options));
        services.AddSingleton(TokenKeys.Of(options));
        services.AddSingleton<TokenCheck>();
        services.AddSingleton<Identity>();
    }

    /// <summary>
    /// Keeps the framework's line a request out of the log, also where the configuration asks for its family: it shows the whole address,
    /// and a token may stand there. Its scopes with it, which a connection would keep for as long as it lives.
    /// </summary>
    public static void HideAddresses(this ILoggingBuilder logging) => logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

    /// <summary>Serves <c>/ws</c>, and <c>/</c> where it asks for a WebSocket: the oldest clients know no other path.</summary>
    public static void MapChat(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<WebSocketEndpoint>();
        var time = app.Services.GetRequiredService<TimeProvider>();
        app.Use((context, next) =>
        {
            UpgradedStream.Offer(context, time);
            return next(context);
        });
        app.UseWebSockets();
        app.UseWhen(
            context => context.Request.Path == "/" && context.WebSockets.IsWebSocketRequest,
            root => root.Run(endpoint.HandleAsync));
        app.Map("/ws", endpoint.HandleAsync);
    }

    private static SessionPorts Ports(IServiceProvider parts) => new(
        parts.GetRequiredService<IRooms>(),
        parts.GetRequiredService<IUsers>(),
        parts.GetRequiredService<IOptions<ProtocolLimits>>().Value,
        parts.GetRequiredService<IOptions<SessionOptions>>().Value,
        parts.GetRequiredService<IOptions<LagOptions>>().Value,
        parts.GetRequiredService<IOptions<RoomsAllowed>>().Value,
        parts.GetRequiredService<SessionInstruments>(),
        parts.GetRequiredService<IOptions<ConnectionOptions>>().Value.HeartbeatSeconds * 1000,
        parts.GetRequiredService<TimeProvider>());

    /// <summary>Reads a section now, so that a bad setting is named before anything starts.</summary>
    private static void AddOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(this WebApplicationBuilder builder, string section)
        where T : class, new() => builder.Services.AddSingleton(Options.Create(builder.Configuration.Read<T>(section)));

    private static void AddHosted<T>(this IServiceCollection services) where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(parts => parts.GetRequiredService<T>());
    }
}
