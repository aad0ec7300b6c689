using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansChat.Grains.Log.Memory;
using OrleansChat.Grains.Log.Postgres;
using OrleansChat.Grains.Log.Sqlite;

namespace OrleansChat.Grains.Log;

/// <summary>Puts the message log into a host.</summary>
public static class MessageLogHosting
{
    /// <summary>
    /// Adds <see cref="IMessageLog"/>, opened before anything else of the host starts and closed after everything has stopped. A store that
    /// cannot be reached, a schema that is refused and a setting out of range fail the start, each with one message that says what to do.
    /// </summary>
    /// <param name="log">The configuration section <see cref="MessageLogOptions.Section"/>.</param>
    public static IServiceCollection AddMessageLog(this IServiceCollection services, IConfiguration log)
    {
        services.AddMetrics();
        services.AddOptions<MessageLogOptions>().Bind(log).ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<MessageLogOptions>, MessageLogOptionsValidator>();
        services.AddSingleton<LogInstruments>();
        services.AddSingleton(Make);
        services.AddSingleton<IMessageLog>(provider => provider.GetRequiredService<IMessageStore>());
        services.AddHostedService<MessageLogLifetime>();
        return services;
    }

    private static IMessageStore Make(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<MessageLogOptions>>().Value;
        var instruments = provider.GetRequiredService<LogInstruments>();
        var time = provider.GetRequiredService<TimeProvider>();
        var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(IMessageLog).Namespace!);
        return options.Store switch
        {
            LogStore.Sqlite => new SqliteLog(options, instruments, time, logger),
            LogStore.Postgres => new PostgresLog(options, instruments, time, logger),
            _ => new MemoryLog(instruments),
        };
    }
}
