using Microsoft.Extensions.Logging;

namespace OrleansChat.Grains.Log;

internal sealed partial class GroupCommit
{
    [LoggerMessage(1, LogLevel.Warning, "A commit of {Rooms} rooms failed")]
    private static partial void LogFailed(ILogger logger, int rooms, Exception reason);

    [LoggerMessage(2, LogLevel.Warning, "A row was refused in a commit of {Rooms} rooms; each room is committed alone")]
    private static partial void LogApart(ILogger logger, int rooms, Exception reason);

    [LoggerMessage(3, LogLevel.Error, "A commit of {Rooms} rooms failed in an unexpected way")]
    private static partial void LogBug(ILogger logger, int rooms, Exception bug);
}
