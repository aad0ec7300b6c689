using Microsoft.Extensions.Logging;

namespace OrleansChat.Grains.MessageLog.Postgres;

internal static partial class PostgresSchemaLog
{
    [LoggerMessage(30, LogLevel.Information, "Message log: schema migrated from version {From} to {To}")]
    public static partial void Migrated(ILogger logger, int from, int to);

    [LoggerMessage(31, LogLevel.Warning, "Message log: waiting for another process that is migrating the schema")]
    public static partial void WaitsForLock(ILogger logger);

    [LoggerMessage(32, LogLevel.Warning, "Message log: the index {Index} could not be created, so {Reads} are slow; the next start of a silo tries again")]
    public static partial void IndexNotCreated(ILogger logger, Exception exception, string index, string reads);

    [LoggerMessage(33, LogLevel.Warning, "Message log: waiting for another process that is creating an index; the index {Index} is missing")]
    public static partial void WaitsForIndex(ILogger logger, string index);
}
