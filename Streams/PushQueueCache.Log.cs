using Microsoft.Extensions.Logging;

namespace OrleansChat.Streams;

internal sealed partial class PushQueueCache
{
    [LoggerMessage(11, LogLevel.Warning,
        "A consumer of stream {Stream} is more than {Events} events behind; dropping the oldest events")]
    private partial void LogOverrunBegan(StreamId stream, int events);

    [LoggerMessage(12, LogLevel.Information,
        "A consumer of stream {Stream} has caught up; {Events} events were dropped")]
    private partial void LogOverrunEnded(StreamId stream, int events);
}
