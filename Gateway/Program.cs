using OrleansChat.Hosting;

namespace OrleansChat.Gateway;

internal static class Program
{
    private static Task<int> Main(string[] args) => ProcessRun.RunAsync(() => Compose(args));

    /// <summary>The program.</summary>
    /// <param name="more">Parts in the place of its own, for a program that is broken on purpose.</param>
    internal static WebApplication Compose(string[] args, Action<WebApplicationBuilder>? more = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

        builder.AddLifetime();          // Process: who ends it
        builder.AddClusterClient();     // Cluster, Streams: the way to the silos
        builder.AddGateway();           // Connections, Drain, Sessions, Fanout, Limits, Identity, Origins
        builder.AddHealth();
        more?.Invoke(builder);

        var app = builder.Build();
        app.MapHealth();                // /healthz/live, /healthz/ready
        app.MapChat();                  // /ws
        app.MapPage();                  // /
        return app;
    }
}
