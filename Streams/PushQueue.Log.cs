using Microsoft.Extensions.Logging;

namespace OrleansChat.Streams;

internal sealed partial class PushQueue
{
    [LoggerMessage(1, LogLevel.Warning,
        "Stream queue {Queue} was full with {Capacity} publishes for {Milliseconds} ms; a publish was refused")]
    private partial void LogFull(string queue, int capacity, double milliseconds);

    [LoggerMessage(2, LogLevel.Information, "Stream queue {Queue} stopped with {Events} events undelivered")]
    private partial void LogStopped(string queue, int events);
}
