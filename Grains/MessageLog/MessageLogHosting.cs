using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansChat.Grains.MessageLog.Memory;
using OrleansChat.Grains.MessageLog.Postgres;
using OrleansChat.Grains.MessageLog.Sqlite;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Grains.MessageLog;

/// <summary>Adds the message log to a host.</summary>
public static class MessageLogHosting
{
    /// <summary>
    /// Adds <see cref="IMessageLog"/>. Services that are added later start after the log is open, and stop before it
    /// closes. If the store cannot be reached, the start of the host waits without a time limit. If the store cannot be
    /// used, the start fails with a message that says what to do.
    /// </summary>
    public static IServiceCollection AddMessageLog(this IServiceCollection services, MessageLogOptions options)
    {
        services.AddMetrics();
        services.AddSingleton(Options.Create(options));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StartupWait>();
        services.AddSingleton<MessageLogInstruments>();
        services.AddSingleton(Make);
        services.AddSingleton<IMessageLog>(provider => provider.GetRequiredService<IMessageStore>());
        services.AddHostedService<MessageLogLifetime>();
        return services;
    }

    private static IMessageStore Make(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<MessageLogOptions>>().Value;
        var instruments = provider.GetRequiredService<MessageLogInstruments>();
        var time = provider.GetRequiredService<TimeProvider>();
        var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(IMessageLog).Namespace!);
        return options.Store switch
        {
            MessageLogStore.Sqlite => new SqliteMessageLog(options, instruments, time, logger),
            MessageLogStore.Postgres => new PostgresMessageLog(options, instruments, time, logger),
            _ => new MemoryMessageLog(instruments),
        };
    }
}
