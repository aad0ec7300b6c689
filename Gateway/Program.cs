using OrleansChat.Gateway;
using OrleansChat.Hosting;

return await ProcessRun.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

    builder.AddLifetime();          // Process: who ends it
    builder.AddClusterClient();     // Cluster, Streams: the way to the silos
    builder.AddGateway();           // Connections, Drain, Sessions, Fanout, Limits, Identity, Origins
    builder.AddHealth();

    var app = builder.Build();
    app.MapHealth();                // /healthz/live, /healthz/ready
    app.MapChat();                  // /ws
    app.MapPage();                  // /
    return app;
});
