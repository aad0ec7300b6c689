using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansChat.Grains.MessageLog;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>
/// A message log as a silo has it: configured by settings and created by dependency injection. Disposal closes the log.
/// </summary>
internal sealed class OpenLog : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private OpenLog(ServiceProvider services) => _services = services;

    public IMessageLog Log => _services.GetRequiredService<IMessageLog>();

    public IMessageStore Store => _services.GetRequiredService<IMessageStore>();

    public static Task<OpenLog> StartAsync(params IEnumerable<KeyValuePair<string, string?>> settings) => StartAsync(TimeProvider.System, settings);

    public static async Task<OpenLog> StartAsync(TimeProvider time, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var services = new ServiceCollection().AddLogging().AddSingleton(time).AddMessageLog(configuration.Read<MessageLogOptions>(MessageLogOptions.Section)).BuildServiceProvider();
        try
        {
            // Make only one attempt, so that a test sees the error. A silo would retry.
            await services.GetRequiredService<IMessageStore>().OpenAsync(CancellationToken.None);
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
