using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansChat.ProcessHosting;

/// <summary>
/// Starts the HTTP server before everything else, so that the health endpoints answer while other services still wait.
/// </summary>
public static class ServerFirst
{
    private const string Server = "GenericWebHostService";

    /// <summary>
    /// Starts the HTTP server before all other hosted services. As usual in ASP.NET Core, the server also stops first.
    /// So the last requests can still use the other services.
    /// </summary>
    public static void StartServerFirst(this WebApplicationBuilder builder) => builder.Host.ConfigureContainer<IServiceCollection>((_, services) =>
    {
        // The framework adds the server as the last service, before it calls this callback.
        var server = services.Last(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Name == Server);
        var type = server.ImplementationType!;
        services.Remove(server);
        services.AddSingleton(type);
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(provider => new Starting((IHostedService)provider.GetRequiredService(type))));
        services.AddSingleton<IHostedService>(provider => new Stopping((IHostedService)provider.GetRequiredService(type)));
    });

    private sealed class Starting(IHostedService server) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => server.StartAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Stopping(IHostedService server) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);
    }
}
