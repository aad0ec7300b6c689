using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansChat.ProcessHosting;

/// <summary>
/// Settings of version 0.1.0 that now have another name, or that no longer exist. This version still accepts the old
/// names, and ignores the settings that no longer exist. It logs a warning for each such setting that is configured.
/// The next version will refuse them.
/// </summary>
public static partial class RenamedSettings
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Settings with a new name. If the old name is a section, all settings of this section have moved. If there is a
    /// unit, the old setting was a number in this unit, and the new setting is a duration (<c>00:00:25</c>).
    /// </summary>
    internal static readonly IReadOnlyList<(string Old, string New, TimeSpan? Unit)> Names =
    [
        ("Cluster:GatewayPort", "Cluster:ClientPort", null),
        ("Cluster:Timings:JoinWithin", "Cluster:JoinWithin", null),
        ("Connections:HeartbeatSeconds", "Connections:Heartbeat", Second),
        ("Connections:Most", "Connections:MaxConnections", null),
        ("Connections:OutboxBytes", "Connections:SendQueueBytes", null),
        ("Drain:WithinSeconds", "Drain:Within", Second),
        ("Fanout:CommandMs", "Fanout:CommandTimeout", Millisecond),
        ("Http:IdleSeconds", "Http:IdleTimeout", Second),
        ("Identity:GraceSeconds", "Identity:Grace", Second),
        ("Lag:MaxEvents", "Sessions:MaxLagEvents", null),
        ("Log", "MessageLog", null),
        ("Rooms:CreateOnJoin", "Sessions:CreateRoomsOnJoin", null),
        ("Silo:GatewayPort", "Silo:ClientPort", null),
    ];

    /// <summary>Settings that are constants now. A section in this list stands for all its settings.</summary>
    internal static readonly IReadOnlyList<string> Removed =
    [
        "Cluster:ConnectWithin", "Cluster:Timings", "Connections:AnswerBytes", "Connections:Backlog", "Connections:CloseSeconds",
        "Connections:CommandBurst", "Connections:OpenSeconds", "Connections:OpeningAtATime", "Connections:SendBufferBytes", "Connections:StallSeconds", "Connections:WriteBytes",
        "Drain:AnswerSeconds", "Drain:AwaySeconds", "Fanout:BeaconMs", "Fanout:CallCommands", "Fanout:CallMs", "Fanout:CommandsPerCall",
        "Fanout:CommandsPerRoom", "Fanout:EchoMs", "Fanout:HeldEvents", "Fanout:HoldMs", "Fanout:HoleEvents", "Fanout:RepairEvents",
        "Http:HeaderBytes", "Http:HeaderSeconds", "Http:Headers", "Http:LineBytes", "Http:ReadBufferBytes", "Identity:ClockSkewSeconds", "Limits:CommandsPerFrame",
        "Limits:HistoryEvents", "Limits:MetaBytes", "Limits:TextBytes", "Log:MaxRowsPerCommit", "Log:WaitingAppends", "Rooms:AttachedUsers",
        "Rooms:AttendanceMs", "Rooms:CountMs", "Rooms:DrainMs", "Rooms:LogRetryMs", "Rooms:MarkFlushMs", "Rooms:MoveRetryMs",
        "Rooms:NamedAttendance", "Rooms:NoticeRecapMs", "Rooms:NoticesKept", "Rooms:RecentMessages", "Rooms:RingAttempts", "Rooms:RingRetryMs",
        "Rooms:RowsPerBatch", "Rooms:TellEvents", "Rooms:TellMs", "Rooms:TypingMs", "Rooms:WaitingEntries", "Rooms:WaitingPublishes",
        "Sessions:CatchUpEvents", "Sessions:CommandsInFlight", "Sessions:HelloSeconds", "Sessions:PresenceBoundMs", "Sessions:WhoNames", "Streams",
    ];

    /// <summary>
    /// Renames configured settings from their old name to their new name, and removes settings that no longer exist.
    /// Call this method before any setting is read. If a renamed or removed setting is configured, the process does not
    /// see later changes of its configuration files.
    /// </summary>
    /// <exception cref="OptionsValidationException">
    /// A setting is configured with both names, or an old setting with a unit has a value that is not a number.
    /// </exception>
    public static void AcceptRenamedSettings(this IHostApplicationBuilder builder)
    {
        var given = new Dictionary<string, string?>(
            builder.Configuration.AsEnumerable().Where(setting => setting.Value is not null), StringComparer.OrdinalIgnoreCase);
        var removed = given.Keys.Where(IsRemoved).ToArray();
        var renamed = given.Keys.Except(removed).Select(Rename).OfType<(string Old, string New, TimeSpan? Unit)>().ToArray();
        if (removed.Length + renamed.Length == 0)
        {
            return;
        }

        if (renamed.Where(pair => given.ContainsKey(pair.New)).ToArray() is { Length: > 0 } both)
        {
            throw new OptionsValidationException(
                "", typeof(RenamedSettings), both.Select(pair => $"{pair.Old} is the old name of {pair.New}, and both are set. Remove {pair.Old}."));
        }

        foreach (var (old, renamedTo, unit) in renamed)
        {
            given.Remove(old, out var value);
            given.Add(renamedTo, unit is null ? value : Duration(old, value!, renamedTo, unit.Value));
        }

        foreach (var name in removed)
        {
            given.Remove(name);
        }

        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(given);
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<Warnings>(services, [renamed, removed]));
    }

    /// <summary>
    /// Returns the old and the new name of a setting, and the unit of its old value; null if its name has not changed.
    /// </summary>
    internal static (string Old, string New, TimeSpan? Unit)? Rename(string name)
    {
        foreach (var (old, renamedTo, unit) in Names)
        {
            if (IsOrIsIn(name, old))
            {
                return (name, renamedTo + name[old.Length..], unit);
            }
        }

        return null;
    }

    private static bool IsRemoved(string name) => Removed.Any(removed => IsOrIsIn(name, removed)) && Rename(name) is not { New: "Cluster:JoinWithin" };

    // The name of a section alone does not count as a setting. For example, LOG may be an environment variable of
    // another program.
    private static bool IsOrIsIn(string name, string settingOrSection) => name.StartsWith(settingOrSection, StringComparison.OrdinalIgnoreCase)
        && (name.Length == settingOrSection.Length ? settingOrSection.Contains(':', StringComparison.Ordinal) : name[settingOrSection.Length] == ':');

    private static string Duration(string old, string value, string renamedTo, TimeSpan unit) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? (number * unit).ToString("c", CultureInfo.InvariantCulture)
            : throw new OptionsValidationException("", typeof(RenamedSettings), [$"{old}: '{value}' is not a number. Use {renamedTo} instead, a duration such as 00:00:30."]);

    /// <summary>Logs each renamed or removed setting once, at the start.</summary>
    private sealed partial class Warnings((string Old, string New, TimeSpan? Unit)[] renamed, string[] removed, ILogger<Warnings> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            foreach (var (old, renamedTo, unit) in renamed)
            {
                LogRenamed(old, renamedTo, unit is null ? "" : ", which is a duration such as 00:00:30");
            }

            foreach (var name in removed)
            {
                LogRemoved(name);
            }

            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        [LoggerMessage(901, LogLevel.Warning, "The setting {Old} has been renamed to {RenamedTo}{Kind}; the old name still works in this version, but not in the next one")]
        private partial void LogRenamed(string old, string renamedTo, string kind);

        [LoggerMessage(902, LogLevel.Warning, "The setting {Name} no longer exists and has no effect; remove it")]
        private partial void LogRemoved(string name);
    }
}
