using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Endpoint;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.ProcessHosting;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway;

/// <summary>Registers the gateway's services and maps its endpoints.</summary>
internal static class GatewayHosting
{
    /// <summary>
    /// Adds the gateway's services. Hosted services start in the order of registration and stop in reverse.
    /// <see cref="Drain"/> runs before the HTTP server or any other hosted service stops. During the drain, the gateway
    /// still renews its lease and receives its stream, and it refuses new connections with 503.
    /// </summary>
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        var http = builder.Configuration.Read<HttpOptions>(HttpOptions.Section);
        var connecting = builder.Configuration.Read<ConnectionOptions>(ConnectionOptions.Section);
        foreach (var lowered in SystemLimits.Read().Hold(http, connecting))
        {
            services.AddSingleton(new StartupNotice(lowered));
        }

        services.AddSingleton(Options.Create(connecting));
        builder.AddOptions<DrainOptions>(DrainOptions.Section);
        builder.AddOptions<ChatSessionOptions>(ChatSessionOptions.Section);
        builder.AddOptions<FanoutOptions>(FanoutOptions.Section);
        builder.AddOptions<BudgetOptions>(BudgetOptions.Section);
        builder.AddOptions<ProtocolLimits>("Limits");
        builder.AddOptions<OriginOptions>(OriginOptions.Section);

        services.AddHttp(http);
        services.AddIdentity(builder.Configuration.Read<IdentityOptions>(IdentityOptions.Section));
        builder.Logging.HideAddresses();
        services.AddSingleton<Origins>();
        services.AddSingleton<HandshakeLimiter>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<GatewayId>();
        services.AddSingleton<BackgroundTasks>();
        services.AddSingleton<FanoutInstruments>();
        services.AddSingleton<SessionInstruments>();
        services.AddSingleton<RoomFeeds>();
        services.AddSingleton<RoomClients>();
        services.AddSingleton<IRooms>(parts => parts.GetRequiredService<RoomClients>());
        services.AddSingleton<IHistory, HistoryClient>();
        services.AddSingleton<UserClients>();
        services.AddSingleton<IUsers>(parts => parts.GetRequiredService<UserClients>());
        services.AddSingleton(CreateSessionServices);

        services.AddHealthChecks().AddCheck<Readiness>("ready");
        services.AddHosted<StartupNotices>();
        services.AddHosted<GatewayLease>();
        services.AddHosted<GatewayStream>();
        services.AddHosted<StreamHealthCheck>();
        services.AddHosted<HeadPoller>();
        services.AddHosted<ConnectionSet>();
        services.AddHosted<Drain>();

        services.AddFairConnectionListener();
        services.AddOptions<SocketTransportOptions>().Configure<IOptions<ConnectionOptions>>((sockets, connections) =>
        {
            sockets.Backlog = connections.Value.Backlog;
            sockets.CreateBoundListenSocket = endpoint => ListenSocket.Bind(endpoint, connections.Value.SendBufferBytes);
        });
    }

    /// <summary>
    /// Adds authentication, and reads the keys at once. Throws <see cref="OptionsValidationException"/> if the keys
    /// cannot be used. Each failure names its setting.
    /// </summary>
    public static void AddIdentity(this IServiceCollection services, IdentityOptions options)
    {
        services.AddSingleton(Options.Create(options));
        services.AddSingleton(TokenKeys.Parse(options));
        services.AddSingleton<IEndpointRule, DevelopmentOnLoopback>();
        if (options.Mode is IdentityMode.Development)
        {
            services.AddSingleton(new StartupNotice("Identity:Mode is Development: clients choose their user id, and need no proof. Set Identity:Mode to Tokens in production."));
        }

        services.AddSingleton<TokenCheck>();
        services.AddSingleton<Identity>();
    }

    /// <summary>
    /// Disables the framework's request logging, even if the configuration enables its category. The framework would
    /// log the whole URL, which may contain a token. If this category is disabled, the framework also creates no log
    /// scopes. A log scope would stay in memory as long as its connection.
    /// </summary>
    public static void HideAddresses(this ILoggingBuilder logging) => logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

    /// <summary>
    /// Serves <c>/ws</c>. Also serves WebSocket requests to <c>/</c>, because the oldest clients know only this path.
    /// </summary>
    public static void MapChat(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<WebSocketEndpoint>();
        var time = app.Services.GetRequiredService<TimeProvider>();
        app.Use((context, next) =>
        {
            DirectSocketStream.Offer(context, time);
            return next(context);
        });
        app.UseWebSockets();
        app.UseWhen(
            context => context.Request.Path == "/" && context.WebSockets.IsWebSocketRequest,
            root => root.Run(endpoint.HandleAsync));
        app.Map("/ws", endpoint.HandleAsync);
    }

    private static SessionServices CreateSessionServices(IServiceProvider parts) => new(
        parts.GetRequiredService<IRooms>(),
        parts.GetRequiredService<IHistory>(),
        parts.GetRequiredService<IUsers>(),
        parts.GetRequiredService<IOptions<ProtocolLimits>>().Value,
        parts.GetRequiredService<IOptions<ChatSessionOptions>>().Value,
        parts.GetRequiredService<SessionInstruments>(),
        parts.GetRequiredService<IOptions<ConnectionOptions>>().Value.Heartbeat,
        parts.GetRequiredService<TimeProvider>());

    /// <summary>Reads a section at once, so that a bad setting is reported before anything starts.</summary>
    private static void AddOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(this WebApplicationBuilder builder, string section)
        where T : class, new() => builder.Services.AddSingleton(Options.Create(builder.Configuration.Read<T>(section)));

    private static void AddHosted<T>(this IServiceCollection services) where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(parts => parts.GetRequiredService<T>());
    }
}
