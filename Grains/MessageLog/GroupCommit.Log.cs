using Microsoft.Extensions.Logging;

namespace OrleansChat.Grains.MessageLog;

internal sealed partial class GroupCommit
{
    // Logged as Debug, because StoreWatch logs the beginning and the end of an outage, with the number of failures.
    [LoggerMessage(1, LogLevel.Debug, "A commit of {Rooms} rooms failed")]
    private static partial void LogFailed(ILogger logger, int rooms, Exception exception);

    [LoggerMessage(2, LogLevel.Warning,
        "The store refused a row in a commit of {Rooms} rooms; committing each room alone")]
    private static partial void LogApart(ILogger logger, int rooms, Exception exception);

    [LoggerMessage(3, LogLevel.Error, "A commit of {Rooms} rooms failed with an unexpected exception")]
    private static partial void LogBug(ILogger logger, int rooms, Exception exception);
}
