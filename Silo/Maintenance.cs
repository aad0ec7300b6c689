using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.MessageLog.Sqlite;
using OrleansChat.ProcessHosting;
using OrleansChat.Silo.Clustering;

namespace OrleansChat.Silo;

/// <summary>
/// The commands <c>--migrate</c> and <c>--purge</c> of the silo's program. Each command does one task with the stores,
/// and then the process ends. If the task fails, the exit code is 1, and standard error has the reason. Otherwise the
/// exit code is 0. The commands use the silo's settings.
/// </summary>
internal static partial class Maintenance
{
    /// <summary>Creates and migrates all tables, as a silo does when it starts.</summary>
    public const string Migrate = "--migrate";

    /// <summary>Removes the remains of deleted messages from a SQLite file.</summary>
    public const string Purge = "--purge";

    public static IHost Compose(string command, string[] args)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.AcceptRenamedSettings();
        builder.AddLifetime();
        if (command == Migrate)
        {
            builder.AddStores();
        }
        else
        {
            builder.Services.AddSingleton(builder.Configuration.Read<MessageLogOptions>(MessageLogOptions.Section));
            builder.Services.AddHostedService<PurgeService>();
        }

        var host = builder.Build();
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStarted.Register(lifetime.StopApplication);
        return host;
    }

    /// <summary>
    /// Adds the services that open the databases. Services that need the databases must be added after this call.
    /// </summary>
    public static void AddStores(this IHostApplicationBuilder builder)
    {
        builder.AddOrleansTables();                                                                            // Cluster: Orleans' own tables
        builder.Services.AddMessageLog(builder.Configuration.Read<MessageLogOptions>(MessageLogOptions.Section)); // MessageLog
    }

    private sealed partial class PurgeService(MessageLogOptions options, ILogger<PurgeService> logger) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken) =>
            LogDone(await SqlitePurge.RunAsync(options, TimeProvider.System, cancellationToken));

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        [LoggerMessage(31, LogLevel.Information, "{Outcome}")]
        private partial void LogDone(string outcome);
    }
}
