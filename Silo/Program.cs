using OrleansChat.Grains;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;
using OrleansChat.ProcessHosting;
using OrleansChat.Silo.Clustering;
using OrleansChat.Silo.Health;
using OrleansChat.Streams;

namespace OrleansChat.Silo;

internal static class Program
{
    private static Task<int> Main(string[] args) => ProcessRun.RunAsync(() => args switch
    {
        [Maintenance.Migrate or Maintenance.Purge, .. var settings] => Maintenance.Compose(args[0], settings),
        _ => Compose(args),
    });

    /// <summary>Composes the silo. Comments name the configuration sections that each part reads.</summary>
    /// <param name="more">Called after all services are added. Test programs replace services here.</param>
    internal static WebApplication Compose(string[] args, Action<WebApplicationBuilder>? more = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

        builder.AcceptRenamedSettings();                                                            // before any setting is read
        builder.AddLifetime();                                                                      // Process: what ends the process
        builder.StartServerFirst();
        builder.AddHealth();                                                                        // Silo:HealthPort
        builder.AddStores();                                                                        // Cluster, MessageLog: before the silo, which needs the stores
        builder.UseOrleans(silo => silo
            .AddCluster(builder.Configuration)                                                      // Silo, Cluster: addresses and membership
            .AddPushStreams(GatewayStreamNames.Provider)                                             // the streams to the gateways
            .AddChatGrains(builder.Configuration.Read<RoomOptions>(RoomOptions.Section)));            // Rooms: the grains
        more?.Invoke(builder);

        var app = builder.Build();
        app.MapHealth();
        return app;
    }
}
