using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansChat.ProcessHosting;

/// <summary>
/// Settings that had another name in version 0.1.0. The old names work in this version only, and each use of one is
/// logged as a warning.
/// </summary>
public static partial class RenamedSettings
{
    /// <summary>Old and new name. If the name is that of a section, all settings of the section have moved.</summary>
    internal static readonly IReadOnlyList<(string Old, string New)> Names =
    [
        ("Cluster:GatewayPort", "Cluster:ClientPort"),
        ("Cluster:Timings:LongestProbe", "Cluster:Timings:MaxProbe"),
        ("Connections:Most", "Connections:MaxConnections"),
        ("Connections:OutboxBytes", "Connections:SendQueueBytes"),
        ("Fanout:BeaconMs", "Fanout:HeadPollMs"),
        ("Fanout:EchoMs", "Fanout:StreamProbeMs"),
        ("Fanout:HeldEvents", "Fanout:OutOfOrderEvents"),
        ("Fanout:HoldMs", "Fanout:GapWaitMs"),
        ("Fanout:HoleEvents", "Fanout:GapEvents"),
        ("Log", "MessageLog"),
        ("Rooms:AttendanceMs", "Rooms:PresenceMs"),
        ("Rooms:CountMs", "Rooms:PresenceCountMs"),
        ("Rooms:LogRetryMs", "Rooms:MessageLogRetryMs"),
        ("Rooms:NamedAttendance", "Rooms:NamedPresence"),
        ("Rooms:NoticeRecapMs", "Rooms:PresenceResyncMs"),
        ("Rooms:NoticesKept", "Rooms:PresenceUpdatesKept"),
        ("Rooms:RingAttempts", "Rooms:NotifyAttempts"),
        ("Rooms:RingRetryMs", "Rooms:NotifyRetryMs"),
        ("Rooms:TellEvents", "Rooms:PublishEvents"),
        ("Rooms:TellMs", "Rooms:PublishMs"),
        ("Silo:GatewayPort", "Silo:ClientPort"),
    ];

    /// <summary>
    /// Gives the settings that are configured with an old name their new one. Call it before any setting is read. If
    /// there is such a setting, later changes of the configuration's files are not seen.
    /// </summary>
    /// <exception cref="OptionsValidationException">A setting is configured with both names.</exception>
    public static void AcceptRenamedSettings(this IHostApplicationBuilder builder)
    {
        var given = new Dictionary<string, string?>(
            builder.Configuration.AsEnumerable().Where(setting => setting.Value is not null), StringComparer.OrdinalIgnoreCase);
        var renamed = given.Keys.Select(name => (Old: name, New: NewName(name))).Where(pair => pair.New is not null).ToArray();
        if (renamed.Length == 0)
        {
            return;
        }

        if (renamed.Where(pair => given.ContainsKey(pair.New!)).ToArray() is { Length: > 0 } both)
        {
            throw new OptionsValidationException(
                "", typeof(RenamedSettings), both.Select(pair => $"{pair.Old} is the old name of {pair.New}, and both are set. Remove {pair.Old}."));
        }

        foreach (var (old, renamedTo) in renamed)
        {
            given.Remove(old, out var value);
            given.Add(renamedTo!, value);
        }

        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(given);
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<Warnings>(services, [renamed]));
    }

    /// <summary>The new name of a setting; null if its name has not changed.</summary>
    internal static string? NewName(string name)
    {
        foreach (var (old, renamedTo) in Names)
        {
            // A section has no value of its own: LOG may be any variable of the environment.
            if (name.StartsWith(old, StringComparison.OrdinalIgnoreCase)
                && (name.Length == old.Length ? old.Contains(':', StringComparison.Ordinal) : name[old.Length] == ':'))
            {
                return renamedTo + name[old.Length..];
            }
        }

        return null;
    }

    /// <summary>Logs each use of an old name once, at the start.</summary>
    private sealed partial class Warnings((string Old, string? New)[] renamed, ILogger<Warnings> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            foreach (var (old, renamedTo) in renamed)
            {
                LogRenamed(old, renamedTo);
            }

            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        [LoggerMessage(901, LogLevel.Warning, "The setting {Old} has been renamed to {RenamedTo}; the old name still works in this version, but not in the next one")]
        private partial void LogRenamed(string old, string? renamedTo);
    }
}
