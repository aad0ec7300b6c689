using OrleansChat.Grains;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;
using OrleansChat.Hosting;
using OrleansChat.Silo.Clustering;
using OrleansChat.Silo.Health;
using OrleansChat.Streams;

return await ProcessRun.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

    builder.AddLifetime();                                                                      // Process: who ends it
    builder.UseOrleans(silo => silo
        .AddCluster(builder.Configuration)                                                      // Silo, Cluster: where it is, and who else
        .AddChatStreams(Inbox.Provider, builder.Configuration.GetSection("Streams"))            // Streams: the way to the gateways
        .AddChatGrains(builder.Configuration));                                                 // Rooms: what the chat does
    builder.Services.AddMessageLog(builder.Configuration.GetSection(MessageLogOptions.Section)); // Log: where every event is kept
    builder.AddHealth();                                                                        // Silo:HealthPort

    var app = builder.Build();
    app.MapHealth();
    return app;
});
