using OrleansChat.Grains;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;
using OrleansChat.Hosting;
using OrleansChat.Silo.Clustering;
using OrleansChat.Silo.Health;
using OrleansChat.Streams;

namespace OrleansChat.Silo;

internal static class Program
{
    private static Task<int> Main(string[] args) => ProcessRun.RunAsync(() => Compose(args));

    /// <summary>The program.</summary>
    /// <param name="more">Parts in the place of its own, for a program that is broken on purpose.</param>
    internal static WebApplication Compose(string[] args, Action<WebApplicationBuilder>? more = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

        builder.AddLifetime();                                                                      // Process: who ends it
        builder.UseOrleans(silo => silo
            .AddCluster(builder.Configuration)                                                      // Silo, Cluster: where it is, and who else
            .AddChatStreams(Inbox.Provider, builder.Configuration.GetSection("Streams"))            // Streams: the way to the gateways
            .AddChatGrains(builder.Configuration));                                                 // Rooms: what the chat does
        builder.Services.AddMessageLog(builder.Configuration.GetSection(MessageLogOptions.Section)); // Log: where every event is kept
        builder.AddHealth();                                                                        // Silo:HealthPort
        more?.Invoke(builder);

        var app = builder.Build();
        app.MapHealth();
        return app;
    }
}
