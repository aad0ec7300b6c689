using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;

namespace OrleansChat.Hosting;

/// <summary>What ends a process.</summary>
internal enum ProcessLifetime
{
    /// <summary>Ctrl-C and SIGTERM.</summary>
    Console,

    /// <summary>The process that started it: see <see cref="ParentLifetime"/>.</summary>
    Parent,
}

/// <summary>Section <c>Process</c>.</summary>
internal sealed record ProcessSettings
{
    /// <summary>What ends this process: Ctrl-C and SIGTERM, or its parent process.</summary>
    public ProcessLifetime Lifetime { get; init; } = ProcessLifetime.Console;

    /// <summary>How long a stop may take. Then its remaining steps are cancelled.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(30);
}

internal static class LifetimeHosting
{
    /// <summary>Adds the lifetime that section <c>Process</c> configures.</summary>
    public static void AddLifetime(this IHostApplicationBuilder builder)
    {
        var process = builder.Configuration.Read<ProcessSettings>("Process");
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = process.StopWithin);
        builder.Services.AddSingleton(services => new SecondSignal(
            process.Lifetime is ProcessLifetime.Console ? [PosixSignal.SIGTERM, PosixSignal.SIGINT] : [PosixSignal.SIGTERM],
            services.GetService<TimeProvider>() ?? TimeProvider.System));
        if (process.Lifetime is ProcessLifetime.Parent)
        {
            builder.Services.AddSingleton<IHostLifetime, ParentLifetime>();
        }
    }
}
