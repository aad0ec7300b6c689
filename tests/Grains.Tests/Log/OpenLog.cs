using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansChat.Grains.Log;

namespace OrleansChat.Grains.Tests.Log;

/// <summary>A message log as a silo has it: out of settings, through the container, opened and closed by its lifetime.</summary>
internal sealed class OpenLog : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private OpenLog(ServiceProvider services) => _services = services;

    public IMessageLog Log => _services.GetRequiredService<IMessageLog>();

    public static async Task<OpenLog> StartAsync(params IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var services = new ServiceCollection().AddLogging().AddMessageLog(configuration.GetSection("Log")).BuildServiceProvider();
        try
        {
            services.GetService<IStartupValidator>()?.Validate();
            foreach (var part in services.GetServices<IHostedService>().OfType<IHostedLifecycleService>())
            {
                await part.StartingAsync(CancellationToken.None);
            }
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }

        return new OpenLog(services);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _services.GetServices<IHostedService>().OfType<IHostedLifecycleService>())
        {
            await part.StoppedAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
    }
}
