using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace OrleansChat.Streams;

internal sealed partial class PushQueueCache
{
    [LoggerMessage(1, LogLevel.Warning, "A consumer of stream {Stream} is more than {Events} events behind and loses the oldest")]
    private partial void LogOverrunBegan(StreamId stream, int events);

    [LoggerMessage(2, LogLevel.Information, "A consumer of stream {Stream} has caught up; {Events} events never reached it")]
    private partial void LogOverrunEnded(StreamId stream, int events);
}
