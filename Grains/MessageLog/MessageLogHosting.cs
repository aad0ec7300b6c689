using Microsoft.Extensions.Configuration;
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
    /// closes. If the store cannot be reached, the start waits without end. If the store cannot be
    /// used or a setting is out of range, the start fails with a message that says what to do.
    /// </summary>
    /// <param name="log">The configuration section <see cref="MessageLogOptions.Section"/>.</param>
    public static IServiceCollection AddMessageLog(this IServiceCollection services, IConfiguration log)
    {
        services.AddMetrics();
        services.AddOptions<MessageLogOptions>().Bind(log)
            .Validate(_ => IsNamed<MessageLogStore>(log[nameof(MessageLogOptions.Store)]), $"{MessageLogOptions.Section}:{nameof(MessageLogOptions.Store)} must be sqlite, postgres or memory, and not a number.")
            .Validate(_ => IsNamed<SqliteSynchronous>(log[nameof(MessageLogOptions.Synchronous)]), $"{MessageLogOptions.Section}:{nameof(MessageLogOptions.Synchronous)} must be full or normal, and not a number.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StartupWait>();
        services.AddSingleton<IValidateOptions<MessageLogOptions>, MessageLogOptionsValidator>();
        services.AddSingleton<MessageLogInstruments>();
        services.AddSingleton(Make);
        services.AddSingleton<IMessageLog>(provider => provider.GetRequiredService<IMessageStore>());
        services.AddHostedService<MessageLogLifetime>();
        return services;
    }

    /// <summary>
    /// Whether an enum setting is given by name. The binder also accepts numbers, such as <c>MessageLog:Store=2</c>;
    /// they are refused.
    /// </summary>
    private static bool IsNamed<T>(string? value) where T : struct, Enum =>
        string.IsNullOrEmpty(value) || Enum.GetNames<T>().Contains(value, StringComparer.OrdinalIgnoreCase);

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
