using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Endpoint;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Gateway;

internal static class Program
{
    private static Task<int> Main(string[] args) => ProcessRun.RunAsync(() => Compose(args));

    /// <summary>
    /// Composes the gateway. Comments name the configuration sections that each part reads, or the paths that it
    /// serves.
    /// </summary>
    /// <param name="more">Called after all services are added. Test programs replace services here.</param>
    internal static WebApplication Compose(string[] args, Action<WebApplicationBuilder>? more = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

        builder.AcceptRenamedSettings(); // before any setting is read
        builder.AddLifetime();          // Process
        builder.StartServerFirst();
        builder.AddClusterClient();     // Cluster
        builder.AddGateway();           // Http, Connections, Drain, Sessions, Fanout, Budgets,
                                        // Limits, Origins, Identity
        builder.AddHealth();
        more?.Invoke(builder);

        var app = builder.Build();
        app.MapHealth();                // /healthz/live, /healthz/ready
        app.MapChat();                  // /ws
        app.MapPage();                  // /
        return app;
    }
}
