using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansChat.ProcessHosting;

/// <summary>What ends a process.</summary>
public enum ProcessLifetime
{
    /// <summary>Ctrl-C or SIGTERM ends the process.</summary>
    Console,

    /// <summary>The parent process or SIGTERM ends the process: see <see cref="ParentLifetime"/>.</summary>
    Parent,
}

/// <summary>How a process ends. Section <c>Process</c>.</summary>
public sealed record ProcessSettings
{
    public const string Section = "Process";

    /// <summary>
    /// What ends this process. With <c>Console</c>: Ctrl-C or SIGTERM. With <c>Parent</c>: SIGTERM, or the end of its
    /// standard input, which is a pipe from its parent process.
    /// </summary>
    public ProcessLifetime Lifetime { get; init; } = ProcessLifetime.Console;

    /// <summary>How long a stop may take. After this time, the remaining steps of the stop are cancelled.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(30);
}

public static class LifetimeHosting
{
    /// <summary>Adds the lifetime that section <c>Process</c> configures.</summary>
    public static void AddLifetime(this IHostApplicationBuilder builder)
    {
        var process = builder.Configuration.Read<ProcessSettings>(ProcessSettings.Section);
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
